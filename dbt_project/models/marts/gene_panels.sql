select
    panel_id,
    hugo_symbol,
    hugo_symbol_raw,
    coverage_source,
    source_file_id,
    source_row
from {{ ref('int_panel_genes') }}
