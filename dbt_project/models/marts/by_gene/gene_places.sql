-- Where each gene lies: the middle of the calls that any cohort has in it, on the commonest chromosome, by reference
-- build. Segments of copy number are megabases long, so that one position inside the gene is enough.
with builds as (

    select
        ncbi_build,
        {{ genome_build('ncbi_build') }} as genome_build
    from {{ ref('mutations') }}
    group by ncbi_build

),

calls as (

    select
        mutations.hugo_symbol,
        builds.genome_build,
        mutations.chromosome,
        mutations.start_position
    from {{ ref('mutations') }} as mutations
    inner join builds on mutations.ncbi_build = builds.ncbi_build
    where
        mutations.hugo_symbol is not null and builds.genome_build is not null
        and mutations.chromosome is not null and mutations.start_position is not null

),

by_chromosome as (

    select
        hugo_symbol,
        genome_build,
        chromosome,
        count(*) as n_calls,
        cast(floor(median(start_position)) as bigint) as middle_position,
        row_number() over (partition by hugo_symbol, genome_build order by count(*) desc, chromosome) as place
    from calls
    group by hugo_symbol, genome_build, chromosome

)

select
    hugo_symbol,
    genome_build,
    chromosome,
    middle_position,
    n_calls
from by_chromosome
where place = 1
