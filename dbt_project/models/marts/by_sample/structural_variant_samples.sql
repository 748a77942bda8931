-- Who was looked at for structural variants: on the study's list of such samples, or named with a panel in the gene panel
-- matrix. The panel is the matrix's, else the meta file's; without either the sample was looked at for every gene (File-
-- Formats). A sample that is not here has no status, and one of these without a row in structural_variants has none
-- in the genes of its panel, unless a row of it is not understood: that one may be any gene's.
with statements as (

    select
        cohort_id,
        sample_id,
        max(case when stated_by = 'matrix' then panel_id end) as matrix_panel,
        max(case when stated_by = 'meta' then panel_id end) as meta_panel,
        max(case when stated_by = 'sv_list' or (stated_by = 'matrix' and panel_id is not null) then 1 else 0 end) = 1
            as is_looked_at,
        min({{ place('source_file_id', 'source_row') }}) as place
    from {{ ref('stg_structural_variant_samples') }}
    group by cohort_id, sample_id

),

-- a row of a sample that nobody is known for concerns the known samples that its name may mean
doubts as (

    select
        cohort_id,
        sample_id,
        problem as rule_id
    from {{ ref('int_structural_variants') }}
    where problem in ('symbol_and_number_disagree', 'unreadable_symbol')
    union all
    select
        variants.cohort_id,
        likenesses.sample_id,
        'sample_spelled_otherwise' as rule_id
    from {{ ref('int_structural_variants') }} as variants
    inner join {{ ref('int_sample_likenesses') }} as likenesses
        on variants.cohort_id = likenesses.cohort_id and variants.sample_id = likenesses.unknown_sample_id
    where variants.problem = 'unknown_sample'

),

doubtful as (

    select
        doubts.cohort_id,
        doubts.sample_id,
        min(rules.description) as doubt_reason
    from doubts
    inner join {{ ref('rejection_rules') }} as rules on doubts.rule_id = rules.rule_id
    group by doubts.cohort_id, doubts.sample_id

)

select
    statements.cohort_id,
    samples.patient_id,
    samples.person_id,
    statements.sample_id,
    statements.is_looked_at,
    coalesce(statements.matrix_panel, statements.meta_panel) as panel_id,
    doubtful.doubt_reason,
    {{ place_file('statements.place') }} as source_file_id,
    {{ place_row('statements.place') }} as source_row
from statements
inner join {{ ref('samples') }} as samples
    on statements.cohort_id = samples.cohort_id and statements.sample_id = samples.sample_id
left join doubtful
    on statements.cohort_id = doubtful.cohort_id and statements.sample_id = doubtful.sample_id
