-- Overlaps that are not resolved: pairs that share too much for strangers and too little for one person.
{{ config(severity='warn') }}
select *
from {{ ref('int_fingerprint_links') }}
where not is_same_person and n_shared >= 3 and n_shared * 20 >= n_sites_of_smaller
