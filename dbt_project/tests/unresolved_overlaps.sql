-- Overlaps that are not resolved: two people share two or more rare mutated sites, too few to call them one.
{{ config(severity='warn') }}
select *
from {{ ref('int_fingerprint_links') }}
where not is_same_person and n_shared >= 3
