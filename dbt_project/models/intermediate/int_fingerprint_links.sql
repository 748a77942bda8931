-- Pairs of people of two ICB cohorts whose tumours share at least 2 rare mutated sites (seen in no more than 4 people).
-- One person: 3 rare sites that are at least 30 % of the sites of the one with fewer; or, where a panel has few sites, 2
-- rare ones and with the recurrent ones 3 sites in all, at least 40 %. Of the pairs in the public cohorts unrelated people
-- share at most 3.6 %, the same people 40 % and more. Second route: the pairs between luad_mskcc_2015 (exomes) and the MSK
-- panels agree in sex, in age to one year and in progression-free time.
with sites as (

    select distinct
        mutations.cohort_id,
        keys.person_key,
        -- a position on GRCh38 is another place than the same number on GRCh37; it is compared by its place there, where a
        -- chain file gave one
        case
            when mutations.grch37_position is not null
                then mutations.grch37_chromosome || ':' || cast(mutations.grch37_position as string)
            else
                mutations.chromosome || ':' || cast(mutations.start_position as string)
                || case when {{ genome_build('mutations.ncbi_build') }} = 'GRCh38' then ' GRCh38' else '' end
        end as site
    from {{ ref('int_mutations') }} as mutations
    inner join {{ ref('int_person_keys') }} as keys
        on mutations.cohort_id = keys.cohort_id and mutations.patient_id = keys.patient_id
    inner join {{ ref('stg_cohorts') }} as cohorts
        on mutations.cohort_id = cohorts.cohort_id
    where cohorts.is_icb and mutations.is_passing and mutations.start_position is not null

),

rare_sites as (

    select site
    from sites
    group by site
    having count(distinct person_key) between 2 and 4 and count(distinct cohort_id) > 1

),

burdens as (

    select
        cohort_id,
        person_key,
        count(*) as n_sites
    from sites
    group by cohort_id, person_key

),

shared as (

    select
        one.cohort_id as cohort_id_one,
        one.person_key as person_key_one,
        other.cohort_id as cohort_id_other,
        other.person_key as person_key_other,
        count(*) as n_shared
    from sites as one
    inner join rare_sites on one.site = rare_sites.site
    inner join sites as other on one.site = other.site
    where one.person_key < other.person_key and one.cohort_id <> other.cohort_id
    group by one.cohort_id, one.person_key, other.cohort_id, other.person_key
    having count(*) >= 2

),

shared_with_recurrent as (

    select
        shared.cohort_id_one,
        shared.person_key_one,
        shared.cohort_id_other,
        shared.person_key_other,
        count(*) as n_shared_of_all
    from shared
    inner join sites as one
        on shared.cohort_id_one = one.cohort_id and shared.person_key_one = one.person_key
    inner join sites as other
        on
            shared.cohort_id_other = other.cohort_id
            and shared.person_key_other = other.person_key
            and one.site = other.site
    group by shared.cohort_id_one, shared.person_key_one, shared.cohort_id_other, shared.person_key_other

)

select
    shared.cohort_id_one,
    shared.person_key_one,
    shared.cohort_id_other,
    shared.person_key_other,
    shared.n_shared,
    least(one.n_sites, other.n_sites) as n_sites_of_smaller,
    (shared.n_shared >= 3 and shared.n_shared * 10 >= 3 * least(one.n_sites, other.n_sites))
    or (
        shared_with_recurrent.n_shared_of_all >= 3
        and shared_with_recurrent.n_shared_of_all * 10 >= 4 * least(one.n_sites, other.n_sites)
    ) as is_same_person
from shared
inner join burdens as one
    on shared.cohort_id_one = one.cohort_id and shared.person_key_one = one.person_key
inner join burdens as other
    on shared.cohort_id_other = other.cohort_id and shared.person_key_other = other.person_key
inner join shared_with_recurrent
    on
        shared.cohort_id_one = shared_with_recurrent.cohort_id_one
        and shared.person_key_one = shared_with_recurrent.person_key_one
        and shared.cohort_id_other = shared_with_recurrent.cohort_id_other
        and shared.person_key_other = shared_with_recurrent.person_key_other
