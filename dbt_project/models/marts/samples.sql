with attributes as (

    select
        cohort_id,
        sample_id,
        max(case when attribute = 'SAMPLE_TYPE' then value_text end) as sample_type,
        max(case when attribute = 'BIOPSY_TIME' then value_text end) as biopsy_time,
        max(case when attribute = 'METASTATIC_SITE' then value_text end) as metastatic_site,
        max(case when attribute = 'CANCER_TYPE' then value_text end) as cancer_type,
        max(case when attribute = 'CANCER_TYPE_DETAILED' then value_text end) as cancer_type_detailed,
        max(case when attribute = 'ONCOTREE_CODE' then value_text end) as oncotree_code,
        max(case when attribute = 'TUMOR_PURITY' then value_number end) as tumor_purity_raw,
        max(case when attribute = 'PLOIDY' then value_number end) as ploidy,
        max(case when attribute = 'SAMPLE_COVERAGE' then value_number end) as mean_coverage,
        max(case when attribute = 'SOMATIC_STATUS' then value_text end) as somatic_status
    from {{ ref('int_sample_attributes') }}
    group by cohort_id, sample_id

),

joined as (

    select
        samples.cohort_id,
        samples.sample_id,
        samples.patient_id,
        persons.person_id,
        attributes.sample_type,
        attributes.biopsy_time,
        attributes.metastatic_site,
        case when attributes.sample_type = 'Primary' then 'primary tumour' else sites.site end as sample_site,
        attributes.cancer_type,
        attributes.cancer_type_detailed,
        attributes.oncotree_code,
        attributes.tumor_purity_raw,
        attributes.ploidy,
        attributes.mean_coverage,
        attributes.somatic_status,
        profiling.sample_id is not null as is_profiled,
        samples.source_file_id,
        samples.source_row
    from {{ ref('int_samples') }} as samples
    inner join {{ ref('int_persons') }} as persons
        on samples.cohort_id = persons.cohort_id and samples.patient_id = persons.patient_id
    left join attributes
        on samples.cohort_id = attributes.cohort_id and samples.sample_id = attributes.sample_id
    left join {{ ref('sample_sites') }} as sites on lower({{ trimmed('attributes.metastatic_site') }}) = sites.word
    left join {{ ref('int_profiling') }} as profiling
        on samples.cohort_id = profiling.cohort_id and samples.sample_id = profiling.sample_id

)

select
    cohort_id,
    sample_id,
    patient_id,
    person_id,
    sample_type,
    biopsy_time,
    coalesce(biopsy_time = 'pre', true) as is_baseline,
    row_number() over (
        partition by cohort_id, patient_id
        order by
            case when is_profiled then 0 else 1 end,
            case when biopsy_time = 'pre' then 0 when biopsy_time is null then 1 else 2 end,
            sample_id
    ) = 1 as is_index,
    metastatic_site,
    sample_site,
    cancer_type,
    cancer_type_detailed,
    oncotree_code,
    tumor_purity_raw,
    -- a cohort with a value above 1 gives percent; beside such values 0.4 may be a fraction or less than one percent
    case
        when tumor_purity_raw > 1.0 then tumor_purity_raw / 100.0
        when tumor_purity_raw > 0 and max(tumor_purity_raw) over (partition by cohort_id) <= 1.0 then tumor_purity_raw
    end as tumor_purity_fraction,
    ploidy,
    mean_coverage,
    somatic_status,
    source_file_id,
    source_row
from joined
