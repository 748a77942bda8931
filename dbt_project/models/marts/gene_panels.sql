select
    panel_id,
    hugo_symbol,
    hugo_symbol_raw,
    coverage_source
from {{ ref('int_panel_genes') }}
