-- Gene sets, one row a gene. The hash is over the sorted current symbols, one a line: the same genes have the same
-- hash under any name, here and in analytics.immune.gene_sets.
with genes as (

    select
        listed.gene_set_id,
        listed.collection,
        listed.title,
        listed.citation,
        listed.version,
        listed.gene_raw,
        listed.source_file_id,
        listed.source_row,
        coalesce(aliases.hugo_symbol, {{ spelled_symbol('listed.gene') }}) as hugo_symbol
    from {{ ref('stg_gene_sets') }} as listed
    left join {{ ref('int_gene_aliases') }} as aliases on {{ spelled_symbol('listed.gene') }} = aliases.alias

),

digests as (

    select
        gene_set_id,
        {{ hash_of_list('hugo_symbol') }} as gene_set_sha256,
        count(distinct hugo_symbol) as n_genes
    from genes
    group by gene_set_id

)

select
    genes.gene_set_id,
    genes.collection,
    genes.title,
    genes.citation,
    genes.version,
    digests.gene_set_sha256,
    digests.n_genes,
    genes.hugo_symbol,
    genes.gene_raw,
    genes.source_file_id,
    genes.source_row
from genes
inner join digests on genes.gene_set_id = digests.gene_set_id
