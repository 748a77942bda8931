-- Every class word of the mutation tables with its MAF class. A word may join several consequences by & ; , | or +, in any
-- order: the most severe counts, in the order that Ensembl publishes. Blanks, hyphens and case do not matter. A word of
-- which no part is in the vocabulary, or whose most severe known part is silent beside one that is not known, is not
-- understood: is_nonsynonymous is null.
{% set most_terms = 8 %}
with words as (

    select distinct variant_classification as class_raw
    from {{ ref('stg_mutations') }}
    where variant_classification is not null

),

listed as (

    select
        class_raw,
        {{ replace_all(replace_all("lower(" ~ trimmed('class_raw') ~ ")", "'^[\"]|[\"]$'", "''"), "'[;,|+]'", "'&'") }} as term_list
    from words

),

terms as (

    {% for i in range(1, most_terms + 1) %}
        select
            class_raw,
            {{ replace_all(trimmed("split_part(term_list, '&', " ~ i ~ ")"), "'[ _-]+'", "'_'") }} as term
        from listed
        union all
    {% endfor %}
    -- what stands behind the last that is read may be more severe
    select
        class_raw,
        'more than {{ most_terms }} terms' as term
    from listed
    where split_part(term_list, '&', {{ most_terms + 1 }}) <> ''

),

known as (

    select
        terms.class_raw,
        terms.term,
        classes.maf_class,
        classes.is_nonsynonymous,
        classes.is_truncating,
        classes.is_coding,
        row_number() over (
            partition by terms.class_raw
            order by
                case when classes.is_nonsynonymous is null then 1 else 0 end, coalesce(classes.severity, 99), terms.term
        ) as place,
        sum(case when classes.is_nonsynonymous is null then 1 else 0 end) over (
            partition by terms.class_raw
        ) as n_not_understood
    from terms
    left join {{ ref('variant_classes') }} as classes on terms.term = classes.word
    where terms.term <> ''

)

select
    class_raw,
    coalesce(maf_class, 'Unknown') as maf_class,
    case when is_nonsynonymous or n_not_understood = 0 then is_nonsynonymous end as is_nonsynonymous,
    case when is_nonsynonymous or n_not_understood = 0 then is_truncating end as is_truncating,
    is_coding
from known
where place = 1
