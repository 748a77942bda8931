{% test samples_conserved(model, raw_table) %}
-- Every sample of a raw list is in the mart or in rejected_rows: a list becomes one row a sample, so rows do not add up.
select distinct
    listed.cohort_id,
    listed.sample_id
from {{ source('raw', raw_table) }} as listed
left join {{ model }} as kept
    on listed.cohort_id = kept.cohort_id and listed.sample_id = kept.sample_id
left join {{ ref('rejected_rows') }} as rejected
    on
        rejected.is_lost
        and rejected.raw_table = '{{ raw_table }}'
        and listed.cohort_id = rejected.cohort_id
        and listed.sample_id = rejected.value
where kept.sample_id is null and rejected.value is null
{% endtest %}
