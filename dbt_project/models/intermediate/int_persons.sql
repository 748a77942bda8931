-- Which person each key belongs to: keys joined by a fingerprint take the smallest key of their group. Five rounds of
-- passing the smallest label along the links; the test one_person_once fails if a group were longer than that.
{% set rounds = 5 %}
with links as (

    select
        person_key_one as person_key,
        person_key_other as neighbour
    from {{ ref('int_fingerprint_links') }}
    where is_same_person
    union all
    select
        person_key_other as person_key,
        person_key_one as neighbour
    from {{ ref('int_fingerprint_links') }}
    where is_same_person

),

round_0 as (

    select distinct
        person_key,
        person_key as label
    from {{ ref('int_person_keys') }}

),

{% for i in range(1, rounds + 1) %}
    round_{{ i }} as (

        select
            own.person_key,
            least(own.label, coalesce(min(neighbours.label), own.label)) as label
        from round_{{ i - 1 }} as own
        left join links on own.person_key = links.person_key
        left join round_{{ i - 1 }} as neighbours on links.neighbour = neighbours.person_key
        group by own.person_key, own.label

    ){{ "," if not loop.last }}

{% endfor %}

select
    keys.cohort_id,
    keys.patient_id,
    keys.person_key,
    round_{{ rounds }}.label as person_id,
    case
        when round_{{ rounds }}.label <> keys.person_key then 'mutation_fingerprint'
        else keys.rule_id
    end as rule_id,
    case
        when round_{{ rounds }}.label <> keys.person_key
            then 'Shares rare mutated sites with ' || round_{{ rounds }}.label || ' (int_fingerprint_links).'
        else keys.evidence
    end as evidence
from {{ ref('int_person_keys') }} as keys
inner join round_{{ rounds }} on keys.person_key = round_{{ rounds }}.person_key
