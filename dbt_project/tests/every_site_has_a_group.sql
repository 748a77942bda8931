-- A word for a site that the vocabulary does not know leaves the sample without a group. Reported: add it to sample_sites.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'samples'}}}) }}
select
    samples.cohort_id,
    samples.metastatic_site,
    count(*) as n_samples
from {{ ref('samples') }} as samples
left join {{ ref('sample_sites') }} as sites on lower(trim(samples.metastatic_site)) = sites.word
where samples.metastatic_site is not null and sites.word is null
group by samples.cohort_id, samples.metastatic_site
