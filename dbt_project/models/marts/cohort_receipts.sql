-- What a cohort's files became, line by line: raw rows, what was lost and why, people, endpoints, who was sequenced, calls,
-- genes, and the same thing by two routes (stated and counted burden, deaths and response, samples of calls and people).
-- A failure is a cohort in which most samples of the calls meet no person, in which the calls of five samples or more make
-- nobody mutated, or in which people were sequenced and there is no call.
{%- set raw_tables = [
    'clinical_values', 'mutations', 'copy_number', 'copy_number_segments', 'case_lists', 'profiled_samples', 'expression',
    'immune_features', 'mutation_spectra', 'published_exposures', 'structural_variants', 'timeline_events'
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

unread as (

    select
        cohort_id,
        case reason when 'word for missing' then 'words for missing' else column_name end as item,
        sum(n_rows) as n,
        case
            when min(reason) = 'word for missing' then 'cells of any column that say that there is no value'
            else 'cells of a column that no attribute asks for'
        end as words
    from {{ ref('unread_columns') }}
    where reason <> 'identifier'
    group by cohort_id, case reason when 'word for missing' then 'words for missing' else column_name end

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
        count(*) as n
    from {{ ref('patients') }}
    group by cohort_id
    union all
    select
        cohort_id,
        'patients treated with a checkpoint inhibitor' as item,
        count(*) as n
    from {{ ref('treatments') }}
    where is_icb
    group by cohort_id
    union all
    select
        cohort_id,
        'samples' as item,
        count(*) as n
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

-- on which genome the positions lie: as the file, the study or the cohort file says; none is guessed
builds as (

    select
        cohort_id,
        coalesce({{ genome_build('ncbi_build') }}, nullif({{ trimmed('ncbi_build') }}, '')) as build,
        grch37_position is not null as is_lifted,
        count(*) as n
    from {{ ref('stg_mutations') }}
    where start_position is not null
    group by
        cohort_id, coalesce({{ genome_build('ncbi_build') }}, nullif({{ trimmed('ncbi_build') }}, '')),
        grch37_position is not null

),

builds_of_cohorts as (

    select
        cohort_id,
        count(distinct build) as n_builds,
        sum(n) as n_calls
    from builds
    group by cohort_id

),

genome as (

    select
        cohort_id,
        case
            when build is null then 'calls whose build is not stated: their positions are compared with none'
            when is_lifted then 'calls stated on ' || build || ', lifted over to GRCh37'
            else 'calls stated on ' || build
        end as item,
        n,
        cast(null as string) as words
    from builds
    union all
    select
        cohort_id,
        'contradiction: calls on several builds' as item,
        n_calls as n,
        'the rows of one cohort state ' || cast(n_builds as string) || ' builds' as words
    from builds_of_cohorts
    where n_builds > 1
    union all
    select
        cohort_id,
        'contradiction: calls that lie elsewhere on the build that they state' as item,
        count(*) as n,
        'their genes lie on another chromosome or over 5 megabases away' as words
    from {{ ref('int_mutations') }}
    where problem in ('symbol_and_chromosome_disagree', 'position_outside_gene')
    group by cohort_id

),

genes as (

    select
        cohort_id,
        'genes mutated in somebody' as item,
        count(distinct hugo_symbol) as n
    from {{ ref('mutations') }}
    where is_usable and is_nonsynonymous
    group by cohort_id
    union all
    select
        cohort_id,
        'genes in doubt in somebody' as item,
        count(distinct hugo_symbol) as n
    from {{ ref('undetermined_genes') }}
    group by cohort_id
    union all
    select
        cohort_id,
        'genes whose copy number is in doubt in somebody' as item,
        count(distinct hugo_symbol) as n
    from {{ ref('undetermined_copy_number') }}
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
        avg(case when survival.is_event then 1e0 else 0e0 end) as value  -- Spark would round a mean of decimals
    from {{ ref('survival_outcomes') }} as survival
    inner join {{ ref('response_outcomes') }} as response
        on survival.cohort_id = response.cohort_id and survival.patient_id = response.patient_id
    where survival.endpoint = 'OS' and response.recist in ('CR', 'PR', 'PD')
    group by
        survival.cohort_id,
        case when response.is_objective_response then 'deaths among responders' else 'deaths among progressors' end

),

measured as (

    select
        cohort_id,
        'age in years' as item,
        age_years as value
    from {{ ref('patients') }}
    where age_years is not null
    union all
    select
        cohort_id,
        'months of ' || endpoint as item,
        time_months as value
    from {{ ref('survival_outcomes') }}

),

ranges as (

    select
        cohort_id,
        item,
        count(*) as n,
        {{ one_decimal('min(value)') }} || ' to ' || {{ one_decimal('max(value)') }} as words
    from measured
    group by cohort_id, item

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
        'samples of the calls that meet a person' as item,
        count(*) as n,
        count(samples.sample_id) as n_met,
        cast(count(samples.sample_id) as double) / count(*) as share
    from called_samples as called
    left join {{ ref('samples') }} as samples
        on called.cohort_id = samples.cohort_id and called.sample_id = samples.sample_id
    group by called.cohort_id

),

profiled as (

    select
        cohort_id,
        count(*) as n
    from {{ ref('profiling') }}
    where is_profiled
    group by cohort_id

),

mutated as (

    select
        cohort_id,
        count(*) as n
    from {{ ref('mutations') }}
    where is_usable and is_nonsynonymous and hugo_symbol is not null
    group by cohort_id

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
    left join profiled on cohorts.cohort_id = profiled.cohort_id
    left join mutated on cohorts.cohort_id = mutated.cohort_id

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
    -- three in four coding changes are non-synonymous: five samples of silent calls alone are one in a thousand
    where n_called >= 5 and n_profiled > 0 and n_mutated = 0
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

    {% for section, source, n, value, words, condition in [
        ('failures', 'failures', 'n', 'null', 'words', 'true'),
        ('raw rows', 'raw_rows', 'n', 'null', 'null', 'true'),
        ('cells not read', 'unread', 'n', 'null', 'words', 'true'),
        ('rows lost', 'doubts', 'n', 'null', 'words', 'is_lost'),
        ('rows in doubt', 'doubts', 'n', 'null', 'words', 'not is_lost'),
        ('contradictions', 'contradictions', 'n', 'null', 'words', 'true'),
        ('people', 'people', 'n', 'null', 'null', 'true'),
        ('endpoints', 'endpoints', 'n', 'value', 'words', 'true'),
        ('best response', 'responses', 'n', 'null', 'null', 'true'),
        ('sequencing', 'sequencing', 'n', 'null', 'null', 'true'),
        ('calls', 'calls', 'n', 'null', 'null', 'true'),
        ('genome build', 'genome', 'n', 'null', 'words', 'true'),
        ('genes', 'genes', 'n', 'null', 'null', 'true'),
        ('two routes', 'agreement', 'n', 'value', 'null', 'true'),
        ('two routes', 'direction', 'n', 'value', "'share of them as value'", 'true'),
        ('two routes', 'meeting', 'n_met', 'share', "'share of them as value'", 'true'),
        ('ranges', 'ranges', 'n', 'null', 'words', 'true'),
    ] %}
        select
            cohort_id,
            {{ loop.index }} as section_number,
            '{{ section }}' as section,
            item,
            cast({{ n }} as bigint) as n,
            cast({{ value }} as double) as value,
            cast({{ words }} as string) as words,
            {{ 'true' if section == 'failures' else 'false' }} as is_failure
        from {{ source }}
        where {{ condition }}
        {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    lines.cohort_id,
    cast(row_number() over (
        partition by lines.cohort_id order by lines.section_number asc, lines.n desc, lines.item asc
    ) as bigint) as line_number,
    lines.section,
    lines.item,
    lines.n,
    lines.value,
    lines.words,
    lines.is_failure
from lines
-- what references such as gene sets lost is in rejected_rows
inner join facts on lines.cohort_id = facts.cohort_id
