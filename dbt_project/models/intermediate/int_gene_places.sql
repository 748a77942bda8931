-- Where each gene lies by the calls of all cohorts: its chromosome where at least 9 in 10 of at least 10 calls agree, and
-- by reference build the stretch in which they lie (within 2 megabases of their median, as long as the longest gene).
-- Other rows of the gene are held against it.
with calls as (

    select
        names.hugo_symbol,
        calls.chromosome,
        calls.start_position,
        {{ genome_build('calls.ncbi_build') }} as genome_build
    from {{ ref('stg_mutations') }} as calls
    inner join {{ ref('int_gene_names') }} as names on calls.hugo_symbol = names.name_raw
    where
        not names.is_ambiguous and names.hugo_symbol is not null
        and {{ matches('calls.chromosome', "'^([0-9]{1,2}|X|Y|MT)$'") }}
        -- A,B and A;B say nothing of A's place
        and not {{ matches('calls.hugo_symbol', "'[,;/(]'") }}

),

by_chromosome as (

    select
        hugo_symbol,
        chromosome,
        count(*) as n_calls,
        sum(count(*)) over (partition by hugo_symbol) as n_calls_anywhere,
        row_number() over (partition by hugo_symbol order by count(*) desc, chromosome) as place
    from calls
    group by hugo_symbol, chromosome

),

chromosomes as (

    select
        hugo_symbol,
        chromosome,
        cast(n_calls as bigint) as n_calls
    from by_chromosome
    where place = 1 and n_calls >= 10 and n_calls * 10 >= n_calls_anywhere * 9

),

medians as (

    select
        chromosomes.hugo_symbol,
        chromosomes.chromosome,
        chromosomes.n_calls,
        calls.genome_build,
        median(calls.start_position) as median_position
    from chromosomes
    inner join calls
        on chromosomes.hugo_symbol = calls.hugo_symbol and chromosomes.chromosome = calls.chromosome
    group by chromosomes.hugo_symbol, chromosomes.chromosome, chromosomes.n_calls, calls.genome_build

)

select
    medians.hugo_symbol,
    medians.genome_build,
    medians.chromosome,
    medians.n_calls,
    min(calls.start_position) as lowest_position,
    max(calls.start_position) as highest_position
from medians
left join calls
    on
        medians.hugo_symbol = calls.hugo_symbol
        and medians.chromosome = calls.chromosome
        and medians.genome_build = calls.genome_build
        and abs(calls.start_position - medians.median_position) <= 2000000
group by medians.hugo_symbol, medians.genome_build, medians.chromosome, medians.n_calls
