with source as (

    select * from {{ source('raw', 'cohorts') }}

)

select
    cohort_id,
    title,
    citation,
    pmid,
    doi,
    licence,
    (is_icb = 'true') as is_icb,
    (is_icb = 'by_patient') as is_mixed_treatment,
    (is_synthetic = 'true') as is_synthetic,
    try_cast(precedence as bigint) as precedence,
    assay_name,
    assay_kind,
    panel_id,
    try_cast(assay_size_mb as double) as assay_size_mb,
    (reports_silent = 'true') as reports_silent,
    (zero_calls_are_real = 'true') as zero_calls_are_real,
    (burden_from_calls = 'true') as burden_from_calls,
    (is_linkable = 'true') as is_linkable,
    {{ list_of_lines('may_overlap') }} as may_overlap,
    overlap_evidence,
    {{ list_of_lines('known_missing') }} as known_missing
from source
