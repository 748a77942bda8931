-- Every drug name of a cohort and its class. The whole name if a vocabulary has it (the cohort file's drug_classes before
-- the shared one), else its parts: doses are left out, and + / , ; & and, plus, with, or stand between parts. All parts
-- have to be known. A PD-1/PD-L1 and a CTLA-4 inhibitor together are Combination; with other drugs the checkpoint
-- inhibitor's class counts; without one it is Chemotherapy if all parts are, else Other. Alternatives (or) of different
-- classes are none. Whatever has no class is a row of marts.rejected_rows.
with names as (

    select
        cohort_id,
        value_text as drug_raw
    from {{ ref('int_patient_attributes') }}
    where attribute = 'DRUG_NAME'
    union
    select
        cohort_id,
        agent as drug_raw
    from {{ ref('stg_timeline_events') }}
    where agent is not null

),

own_words as (

    select
        cohort_id,
        lower({{ trimmed('drug') }}) as drug,
        max(drug_class) as drug_class
    from {{ ref('stg_drug_words') }}
    group by cohort_id, lower({{ trimmed('drug') }})

),

words as (

    select
        cohort_id,
        drug,
        drug_class
    from own_words
    union all
    select
        cohorts.cohort_id,
        shared.drug,
        shared.drug_class
    from (select distinct cohort_id from names) as cohorts
    cross join {{ ref('drug_classes') }} as shared
    left join own_words on cohorts.cohort_id = own_words.cohort_id and shared.drug = own_words.drug
    where own_words.drug is null

),

-- 'Nivolumab 3 mg/kg q2w + Ipilimumab' is 'nivolumab + ipilimumab'
spelled as (

    select
        cohort_id,
        drug_raw,
        lower({{ trimmed('drug_raw') }}) as whole,
        {{ trimmed(replace_all(
            replace_all(
                "lower(drug_raw)",
                "'[(]?(dose )?[0-9]+([.,][0-9]+)? ?(mg|mcg|µg|ug|iu)(/(kg|m2|m²|day))?( ?q[0-9]+ ?w)?[)]?|q[0-9]+ ?w'",
                "' '"
            ),
            "'[ ]+'",
            "' '"
        )) }} as drug
    from names

),

-- one text of bracketed parts: [nivolumab][ipilimumab]
parted as (

    select
        spelled.*,
        replace(
            '[' || {{ replace_all("drug", "' ?([+/,;&]| and | plus | with | or ) ?'", "']['") }} || ']', '[]', ''
        ) as parts,
        {{ matches("drug", "' or '") }} as has_alternatives
    from spelled

),

found as (

    select
        parted.cohort_id,
        parted.drug_raw,
        parted.has_alternatives,
        length(parted.parts) - length(replace(parted.parts, '[', '')) as n_parts,
        max(case when words.drug in (parted.whole, parted.drug) then words.drug_class end) as class_of_whole,
        coalesce(
            sum(
                (length(parted.parts) - length(replace(parted.parts, '[' || words.drug || ']', '')))
                / (length(words.drug) + 2)
            ),
            0
        ) as n_known,
        count(distinct case when instr(parted.parts, '[' || words.drug || ']') > 0 then words.drug_class end) as n_classes,
        {% for name, drug_class in [
            ('pd1', 'PD-1/PD-L1'), ('ctla4', 'CTLA-4'), ('combination', 'Combination'), ('other', 'Other'),
            ('chemotherapy', 'Chemotherapy')
        ] %}
        max(
            case
                when
                    words.drug_class = '{{ drug_class }}'
                    and instr(parted.parts, '[' || words.drug || ']') > 0
                    then 1
                else 0
            end
        ) = 1 as has_{{ name }}{{ "," if not loop.last }}
    {% endfor %}
    from parted
    left join words
        on
            parted.cohort_id = words.cohort_id
            and (
                words.drug in (parted.whole, parted.drug)
                or instr(parted.parts, '[' || words.drug || ']') > 0
            )
    group by parted.cohort_id, parted.drug_raw, parted.has_alternatives, parted.parts

)

select
    cohort_id,
    drug_raw,
    case
        when class_of_whole is not null then class_of_whole
        when n_parts = 0 or n_known < n_parts then null
        when has_alternatives and n_classes > 1 then null
        when has_combination or (has_pd1 and has_ctla4) then 'Combination'
        when has_pd1 then 'PD-1/PD-L1'
        when has_ctla4 then 'CTLA-4'
        when has_other then 'Other'
        else 'Chemotherapy'
    end as drug_class,
    case
        when class_of_whole is not null then 'drug vocabulary'
        when n_parts > 0 and n_known >= n_parts and not (has_alternatives and n_classes > 1)
            then 'parts of the combination'
    end as drug_class_rule,
    -- sure even where another part is not known, but not where the other part may have been given instead
    (has_pd1 or has_ctla4 or has_combination)
    and (not has_alternatives or (n_known >= n_parts and not has_other and not has_chemotherapy)) as has_known_icb
from found
