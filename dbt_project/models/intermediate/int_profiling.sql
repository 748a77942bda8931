-- Which panel covered a sample, for samples that were sequenced: the sample's own panel, else the one that the file
-- says, else the cohort's.
with listed as (

    select
        profiled.cohort_id,
        profiled.sample_id,
        min(profiled.panel_id) as panel_id,
        min(profiled.rule) as rule,
        min({{ place('profiled.source_file_id', 'profiled.source_row') }}) as place
    from {{ ref('stg_profiled_samples') }} as profiled
    group by profiled.cohort_id, profiled.sample_id

),

own_panels as (

    select
        cohort_id,
        sample_id,
        value_text as panel_id
    from {{ ref('int_sample_attributes') }}
    where attribute = 'GENE_PANEL'

),

cohorts as (

    select * from {{ ref('stg_cohorts') }}

)

select
    listed.cohort_id,
    listed.sample_id,
    cohorts.assay_kind,
    case
        when cohorts.assay_kind = 'exome' then 'WES'
        else coalesce(listed.panel_id, own_panels.panel_id, cohorts.panel_id)
    end as panel_id,
    listed.rule,
    {{ place_file('listed.place') }} as source_file_id,
    {{ place_row('listed.place') }} as source_row
from listed
inner join cohorts on listed.cohort_id = cohorts.cohort_id
left join own_panels
    on listed.cohort_id = own_panels.cohort_id and listed.sample_id = own_panels.sample_id
