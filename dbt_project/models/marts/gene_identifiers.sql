-- Rows of the gene identifier tables of which at least one number names the gene.
select
    hugo_symbol,
    hugo_symbol_raw,
    entrez_gene_id,
    ensembl_gene_id,
    is_named_by_entrez,
    is_named_by_ensembl,
    source_file_id,
    source_row
from {{ ref('int_gene_identifier_rows') }}
where problem is null
