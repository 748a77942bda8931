-- Rule 2. A link that says two keys are one person joins them, and one patient is never two persons.
select
    one.person_id as person_id_one,
    other.person_id as person_id_other
from {{ ref('int_fingerprint_links') }} as links
inner join {{ ref('int_persons') }} as one on links.person_key_one = one.person_key
inner join {{ ref('int_persons') }} as other on links.person_key_other = other.person_key
where links.is_same_person and one.person_id <> other.person_id
union all
select
    min(person_id) as person_id_one,
    max(person_id) as person_id_other
from {{ ref('person_aliases') }}
group by cohort_id, patient_id
having count(distinct person_id) > 1
