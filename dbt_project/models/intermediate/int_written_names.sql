-- Names of genes as tables of mutations, copy number and structural variants write them, each once. A table of its own: Spark reads what an expression
-- names as often as it is named, and the parts of a name are asked for 36 times.
select
    hugo_symbol as name_raw,
    max(case when entrez_gene_id > 0 then 1 else 0 end) = 1 as has_number,
    max(is_mutation) = 1 as is_of_a_mutation
from (
    select
        hugo_symbol,
        entrez_gene_id,
        1 as is_mutation
    from {{ ref('stg_mutations') }}
    union all
    select
        hugo_symbol,
        entrez_gene_id,
        0 as is_mutation
    from {{ ref('stg_copy_number') }}
    union all
    select
        hugo_symbol,
        entrez_gene_id,
        0 as is_mutation
    from {{ ref('stg_copy_number_no_calls') }}
    {% for site in [1, 2] %}
        union all
        select
            site{{ site }}_hugo_symbol as hugo_symbol,
            site{{ site }}_entrez_gene_id as entrez_gene_id,
            0 as is_mutation
        from {{ ref('stg_structural_variants') }}
    {% endfor %}
) as written
where hugo_symbol is not null
group by hugo_symbol
