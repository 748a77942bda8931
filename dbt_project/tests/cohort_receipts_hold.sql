-- A cohort whose calls meet nobody, make nobody mutated, or are absent though people were sequenced says "wild-type" of
-- everybody. It is left out by name.
{{ config(meta={'dagster': {'ref': {'name': 'cohort_receipts'}}}) }}
select
    cohort_id,
    item,
    n,
    words
from {{ ref('cohort_receipts') }}
where is_failure
