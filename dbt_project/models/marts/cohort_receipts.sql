-- What a cohort's files became, line by line: raw rows, what was lost and why, people, endpoints, who was sequenced, calls,
-- genes, and the same thing by two routes (stated and counted burden, deaths and response, samples of calls and people).
-- A failure is a cohort in which most samples of the calls meet no person, in which calls make nobody mutated, or in
-- which people were sequenced and there is no call.
{%- set raw_tables = [
    'clinical_values', 'mutations', 'copy_number', 'copy_number_segments', 'case_lists', 'profiled_samples', 'expression',
    'immune_features', 'mutation_spectra', 'published_exposures'
] %}
with raw_rows as (

    {% for name in raw_tables %}
        select
            cohort_id,
            '{{ name }}' as item,
            count(*) as n
        from {{ ref('stg_' ~ name) }}
        group by cohort_id
        {{ "union all" if not loop.last }}
    {% endfor %}

),

doubts as (

    select
        cohort_id,
        rule_id as item,
        is_lost,
        sum(n_rows) as n,
        min(message) as words
    from {{ ref('rejected_rows') }}
    group by cohort_id, rule_id, is_lost

),

contradictions as (

    select
        cohort_id,
        attribute || ': ' || rule as item,
        count(*) as n,
        min(what) as words
    from {{ ref('contradictions') }}
    group by cohort_id, attribute || ': ' || rule

),

people as (

    select
        cohort_id,
        'patients' as item,
        count(*) as n,
        cast(null as double) as value
    from {{ ref('patients') }}
    group by cohort_id
    union all
    select
        cohort_id,
        'patients treated with a checkpoint inhibitor' as item,
        count(*) as n,
        cast(null as double) as value
    from {{ ref('treatments') }}
    where is_icb
    group by cohort_id
    union all
    select
        cohort_id,
        'samples' as item,
        count(*) as n,
        cast(null as double) as value
    from {{ ref('samples') }}
    group by cohort_id

),

endpoints as (

    select
        cohort_id,
        endpoint as item,
        count(*) as n,
        cast(sum(case when is_event then 1 else 0 end) as double) as value,
        'events as value; time from ' || min(origin) as words
    from {{ ref('survival_outcomes') }}
    group by cohort_id, endpoint

),

responses as (

    select
        cohort_id,
        coalesce(recist, 'not evaluable') as item,
        count(*) as n
    from {{ ref('response_outcomes') }}
    group by cohort_id, coalesce(recist, 'not evaluable')

),

sequencing as (

    select
        cohort_id,
        case
            when is_undetermined then 'samples that cannot be judged: ' || undetermined_reason
            when is_profiled then 'samples sequenced on ' || coalesce(panel_id, 'an unknown panel')
            else 'samples on no list of sequenced samples'
        end as item,
        count(*) as n
    from {{ ref('profiling') }}
    group by
        cohort_id,
        case
            when is_undetermined then 'samples that cannot be judged: ' || undetermined_reason
            when is_profiled then 'samples sequenced on ' || coalesce(panel_id, 'an unknown panel')
            else 'samples on no list of sequenced samples'
        end

),

calls as (

    select
        cohort_id,
        case
            when not is_understood then 'not understood'
            when not is_somatic then 'no somatic mutation: ' || mutation_status
            when not is_passing then 'taken out by FILTER'
            when is_duplicate then 'another row of the same variant'
            else 'counted: ' || variant_classification
        end as item,
        count(*) as n
    from {{ ref('mutations') }}
    group by
        cohort_id,
        case
            when not is_understood then 'not understood'
            when not is_somatic then 'no somatic mutation: ' || mutation_status
            when not is_passing then 'taken out by FILTER'
            when is_duplicate then 'another row of the same variant'
            else 'counted: ' || variant_classification
        end

),

genes as (

    select
        cohort_id,
        'genes mutated in somebody' as item,
        count(distinct hugo_symbol) as n
    from {{ ref('mutations') }}
    where is_counted and is_nonsynonymous
    group by cohort_id
    union all
    select
        cohort_id,
        'genes in doubt in somebody' as item,
        count(distinct hugo_symbol) as n
    from {{ ref('undetermined_genes') }}
    group by cohort_id

),

burdens as (

    select
        cohort_id,
        sample_id,
        max(case when numerator_rule <> 'non-synonymous calls counted here' then coalesce(tmb_mut_per_mb, numerator) end)
            as stated,
        max(case when numerator_rule = 'non-synonymous calls counted here' then numerator end) as counted
    from {{ ref('burdens') }}
    where measure = 'tmb'
    group by cohort_id, sample_id

),

-- average ranks, so that the correlation of ranks is Spearman's with ties
ranked_burdens as (

    select
        cohort_id,
        rank() over (partition by cohort_id order by stated)
        + (count(*) over (partition by cohort_id, stated) - 1) / 2.0 as stated_rank,
        rank() over (partition by cohort_id order by counted)
        + (count(*) over (partition by cohort_id, counted) - 1) / 2.0 as counted_rank
    from burdens
    where stated is not null and counted is not null

),

agreement as (

    select
        cohort_id,
        'rank correlation of stated and counted burden' as item,
        count(*) as n,
        corr(stated_rank, counted_rank) as value
    from ranked_burdens
    group by cohort_id
    having count(*) >= 5 and min(stated_rank) < max(stated_rank) and min(counted_rank) < max(counted_rank)

),

direction as (

    select
        survival.cohort_id,
        case when response.is_objective_response then 'deaths among responders' else 'deaths among progressors' end as item,
        count(*) as n,
        avg(case when survival.is_event then 1.0 else 0.0 end) as value
    from {{ ref('survival_outcomes') }} as survival
    inner join {{ ref('response_outcomes') }} as response
        on survival.cohort_id = response.cohort_id and survival.patient_id = response.patient_id
    where survival.endpoint = 'OS' and response.recist in ('CR', 'PR', 'PD')
    group by
        survival.cohort_id,
        case when response.is_objective_response then 'deaths among responders' else 'deaths among progressors' end

),

ranges as (

    select
        cohort_id,
        'age in years' as item,
        count(*) as n,
        min(age_years) as lowest,
        max(age_years) as highest
    from {{ ref('patients') }}
    where age_years is not null
    group by cohort_id
    union all
    select
        cohort_id,
        'months of ' || endpoint as item,
        count(*) as n,
        min(time_months) as lowest,
        max(time_months) as highest
    from {{ ref('survival_outcomes') }}
    group by cohort_id, endpoint

),

called_samples as (

    select distinct
        cohort_id,
        sample_id
    from {{ ref('stg_mutations') }}

),

meeting as (

    select
        called.cohort_id,
        count(*) as n,
        count(samples.sample_id) as n_met
    from called_samples as called
    left join {{ ref('samples') }} as samples
        on called.cohort_id = samples.cohort_id and called.sample_id = samples.sample_id
    group by called.cohort_id

),

facts as (

    select
        cohorts.cohort_id,
        cohorts.zero_calls_are_real,
        coalesce(meeting.n, 0) as n_called,
        coalesce(meeting.n_met, 0) as n_met,
        coalesce(profiled.n, 0) as n_profiled,
        coalesce(mutated.n, 0) as n_mutated
    from {{ ref('stg_cohorts') }} as cohorts
    left join meeting on cohorts.cohort_id = meeting.cohort_id
    left join (
        select
            cohort_id,
            count(*) as n
        from {{ ref('profiling') }}
        where is_profiled
        group by cohort_id
    ) as profiled on cohorts.cohort_id = profiled.cohort_id
    left join (
        select
            cohort_id,
            count(*) as n
        from {{ ref('mutations') }}
        where is_counted and is_nonsynonymous and hugo_symbol is not null
        group by cohort_id
    ) as mutated on cohorts.cohort_id = mutated.cohort_id

),

failures as (

    select
        cohort_id,
        'most samples of the calls meet no person' as item,
        n_called - n_met as n,
        'identifiers of the calls and of the people are written differently: declare a pattern for sample_id' as words
    from facts
    where n_called > 0 and n_met * 2 < n_called
    union all
    select
        cohort_id,
        'calls, and nobody is mutated' as item,
        n_called as n,
        'no row is a counted non-synonymous call of a gene: see the lines of calls and of rows in doubt' as words
    from facts
    where n_called > 0 and n_profiled > 0 and n_mutated = 0
    union all
    select
        cohort_id,
        'people were sequenced, and there is no call' as item,
        n_profiled as n,
        'the table of calls is missing or empty: without it everybody would be wild-type for every gene' as words
    from facts
    where n_profiled > 0 and n_called = 0 and not coalesce(zero_calls_are_real, false)

),

lines as (

    select cohort_id, 0 as section_number, 'failures' as section, item, n, cast(null as double) as value, words, true as is_failure
    from failures
    union all
    select cohort_id, 1, 'raw rows', item, n, null, null, false from raw_rows
    union all
    select cohort_id, 2, 'rows lost', item, n, null, words, false from doubts where is_lost
    union all
    select cohort_id, 3, 'rows in doubt', item, n, null, words, false from doubts where not is_lost
    union all
    select cohort_id, 4, 'contradictions', item, n, null, words, false from contradictions
    union all
    select cohort_id, 5, 'people', item, n, value, null, false from people
    union all
    select cohort_id, 6, 'endpoints', item, n, value, words, false from endpoints
    union all
    select cohort_id, 7, 'best response', item, n, null, null, false from responses
    union all
    select cohort_id, 8, 'sequencing', item, n, null, null, false from sequencing
    union all
    select cohort_id, 9, 'calls', item, n, null, null, false from calls
    union all
    select cohort_id, 10, 'genes', item, n, null, null, false from genes
    union all
    select cohort_id, 11, 'two routes', item, n, value, null, false from agreement
    union all
    select cohort_id, 11, 'two routes', item, n, value, 'share of them as value', false from direction
    union all
    select cohort_id, 11, 'two routes', 'samples of the calls that meet a person', n_met, cast(n_met as double) / n,
        'share of them as value', false
    from meeting
    union all
    select cohort_id, 12, 'ranges', item, n, null,
        cast(round(lowest, 1) as string) || ' to ' || cast(round(highest, 1) as string), false
    from ranges

)

select
    cohort_id,
    row_number() over (partition by cohort_id order by section_number, section, n desc, item) as line_number,
    section,
    item,
    cast(n as bigint) as n,
    value,
    words,
    is_failure
from lines
