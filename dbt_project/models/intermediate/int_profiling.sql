-- Who was sequenced, and on which panel. Sequenced: on a list of sequenced samples, in the head of a MAF, declared by the
-- catalogue, or with a panel in the gene panel matrix. The panel, in this order (cBioPortal File-Formats): the matrix; the
-- meta file; NA in the matrix, which is the exome; the sample's own column; the cohort's assay; for a sample that the matrix
-- leaves out, the exome. Words for the exome or genome (any case) are WES; panels are compared without regard to case.
with statements as (

    select
        cohort_id,
        sample_id,
        coalesce(stated_by, 'declared') as stated_by,
        nullif({{ trimmed('panel_id') }}, '') as panel_raw,
        rule,
        {{ place('source_file_id', 'source_row') }} as place
    from {{ ref('stg_profiled_samples') }}

),

panel_names as (

    select panel_id from {{ ref('stg_gene_panels') }}
    union
    select panel_id from {{ ref('stg_declared_panels') }}

),

panels_by_case as (

    select
        lower(panel_id) as panel_key,
        min(panel_id) as panel_id
    from panel_names
    group by lower(panel_id)

),

cohorts as (

    select
        cohort_id,
        assay_kind,
        panel_id
    from {{ ref('stg_cohorts') }}

),

matrices as (

    select distinct cohort_id
    from statements
    where stated_by = 'matrix'

),

sequenced as (

    select
        statements.cohort_id,
        statements.sample_id,
        {{ list_of_words('statements.rule') }} as sequenced_by,
        min(statements.place) as place
    from statements
    where
        statements.stated_by in ('sequenced_list', 'maf_head', 'declared')
        or (statements.stated_by = 'matrix' and statements.panel_raw is not null)
    group by statements.cohort_id, statements.sample_id

),

-- what the cohort says of a sample that nothing else speaks of
by_cohort as (

    select
        sequenced.cohort_id,
        sequenced.sample_id,
        case
            when cohorts.assay_kind = 'exome' then 'WES'
            when cohorts.panel_id is not null then cohorts.panel_id
            when matrices.cohort_id is not null then 'WES'
        end as panel_raw,
        case
            when cohorts.assay_kind = 'exome' then 'whole exome by the cohort file'
            when cohorts.panel_id is not null then 'panel from the cohort file'
            when matrices.cohort_id is not null then 'not in the gene panel matrix: whole exome'
        end as panel_rule,
        sequenced.place
    from sequenced
    inner join cohorts on sequenced.cohort_id = cohorts.cohort_id
    left join matrices on sequenced.cohort_id = matrices.cohort_id

),

candidates as (

    select
        cohort_id,
        sample_id,
        case
            when stated_by = 'matrix' and panel_raw is not null then 1
            when stated_by = 'meta' then 2
            when stated_by = 'matrix' then 3
            else 4
        end as preference,
        coalesce(panel_raw, 'WES') as panel_raw,
        case
            when stated_by = 'matrix' and panel_raw is null then 'NA in the gene panel matrix: whole exome'
            when stated_by = 'matrix' then 'panel from the gene panel matrix'
            when stated_by = 'meta' then 'panel from the meta file'
            else 'panel from GENE_PANEL'
        end as panel_rule,
        place
    from statements
    where panel_raw is not null or stated_by = 'matrix'
    union all
    select
        cohort_id,
        sample_id,
        5 as preference,
        panel_raw,
        panel_rule,
        place
    from by_cohort
    where panel_raw is not null

),

named as (

    select
        candidates.cohort_id,
        candidates.sample_id,
        candidates.preference,
        candidates.panel_rule,
        candidates.place,
        assay_words.assay_kind as word_kind,
        case
            when assay_words.assay_kind is not null then 'WES'
            else coalesce(panel_names.panel_id, panels_by_case.panel_id, candidates.panel_raw)
        end as panel_id
    from candidates
    left join {{ ref('assay_words') }} as assay_words
        on replace(replace(replace(lower(candidates.panel_raw), '-', ''), '_', ''), ' ', '') = assay_words.word
    left join panel_names on candidates.panel_raw = panel_names.panel_id
    left join panels_by_case on lower(candidates.panel_raw) = panels_by_case.panel_key

),

preferred as (

    select
        cohort_id,
        sample_id,
        min(preference) as preference
    from named
    group by cohort_id, sample_id

),

decided as (

    select
        named.cohort_id,
        named.sample_id,
        min(named.panel_id) as panel_id,
        count(distinct named.panel_id) as n_panels,
        min(coalesce(named.word_kind, 'panel')) as assay_kind,
        min(named.panel_rule) as panel_rule,
        min(named.place) as place
    from named
    inner join preferred
        on
            named.cohort_id = preferred.cohort_id
            and named.sample_id = preferred.sample_id
            and named.preference = preferred.preference
    group by named.cohort_id, named.sample_id

)

select
    sequenced.cohort_id,
    sequenced.sample_id,
    case when decided.n_panels = 1 then decided.assay_kind else cohorts.assay_kind end as assay_kind,
    case when decided.n_panels = 1 then decided.panel_id end as panel_id,
    case
        when decided.n_panels is null then 'no source names the panel'
        when decided.n_panels > 1 then 'two rows name different panels'
    end as panel_problem,
    sequenced.sequenced_by,
    case when decided.n_panels = 1 then decided.panel_rule end as panel_rule,
    {{ place_file('coalesce(decided.place, sequenced.place)') }} as source_file_id,
    {{ place_row('coalesce(decided.place, sequenced.place)') }} as source_row
from sequenced
inner join cohorts on sequenced.cohort_id = cohorts.cohort_id
left join decided
    on sequenced.cohort_id = decided.cohort_id and sequenced.sample_id = decided.sample_id
