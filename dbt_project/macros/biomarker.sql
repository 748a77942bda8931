{#- marts.biomarker('STK11:truncating & KRAS:G12C'): what SQL can say of the language of docs/biomarkers.md, with the rules of
    analytics/biomarkers/mutations.py and logic.py: genes, classes of change and substitutions, each with or without !, joined by
    one kind of sign. The rest of the language is refused, with where it can be asked. DuckDB before 2.0 does not know the
    function `if` of a macro that 2.0 wrote: `case` is known to all. -#}
{% macro create_biomarker() %}
{% if can_ask(['profiling', 'gene_panels', 'gene_names', 'gene_calls', 'patient_summary', 'mutations', 'undetermined_genes']) %}
create or replace macro marts.biomarker(asked, file := null) as table
with words as (
    select
        i as place,
        trim(string_split(replace(asked, '|', '&'), '&')[i]) as word
    from range(1, len(string_split(replace(asked, '|', '&'), '&')) + 1) as places(i)
),
parts as (
    select
        place,
        word,
        starts_with(word, '!') as is_negated,
        upper(trim(split_part(ltrim(word, '! '), ':', 1))) as gene_name,
        case lower(trim(split_part(ltrim(word, '! '), ':', 2)))
            when '' then 'any' when 'trunc' then 'truncating'
            else lower(trim(split_part(ltrim(word, '! '), ':', 2)))
        end as what,
        upper(trim(split_part(ltrim(word, '! '), ':', 2))) as change
    from words
),
read as (
    select
        parts.place,
        parts.is_negated,
        parts.what,
        parts.change,
        parts.what not in ('any', 'truncating', 'missense', 'inframe', 'splice', 'nonsense', 'frameshift') as is_change,
        case
            when contains(asked, '&') and contains(asked, '|')
                then error('marts.biomarker takes one kind of sign, & or |: icb ask takes the whole language')
            when
                regexp_matches(parts.word, '[()<>=," ]')
                or (
                    parts.what not in (
                        'any', 'truncating', 'missense', 'inframe', 'splice', 'nonsense', 'frameshift'
                    )
                    and not regexp_matches(parts.change, '^[A-Z][0-9]+[A-Z*]$')
                )
                then error(
                    'marts.biomarker does not read ''' || parts.word || ''': it takes GENE, GENE:truncating, missense, '
                    || 'inframe, splice, nonsense or frameshift, and GENE:G12C; icb ask takes the whole language'
                )
            else coalesce(
                names.hugo_symbol,
                {{ no_such_gene('parts.gene_name', 'parts.gene_name') }}
            )
        end as hugo_symbol
    from parts
    left join {{ beside('gene_names') }} as names on parts.gene_name = names.gene_name
),
genes as (
    select distinct hugo_symbol from read
),
covered as (
    select panel_id, hugo_symbol from {{ beside('gene_panels') }}
    where hugo_symbol in (select hugo_symbol from genes)
),
-- as marts.gene_status says it, of several genes at once
judged as (
    select
        profiling.cohort_id,
        profiling.sample_id,
        genes.hugo_symbol,
        profiling.is_undetermined,
        profiling.is_profiled,
        profiling.is_profiled and covered.panel_id is not null as is_covered,
        coalesce(calls.n_nonsynonymous, 0) as n_mutations,
        {{ why_undetermined() }} as undetermined_reason
    from {{ beside('profiling') }} as profiling
    cross join genes
    left join covered on profiling.panel_id = covered.panel_id and genes.hugo_symbol = covered.hugo_symbol
    left join {{ beside('gene_calls') }} as calls
        on
            profiling.cohort_id = calls.cohort_id
            and profiling.sample_id = calls.sample_id
            and genes.hugo_symbol = calls.hugo_symbol
),
of_genes as (
    select
        cohort_id,
        sample_id,
        hugo_symbol,
        {{ status_word('positive', 'negative') }} as status,
        {{ why_of_status() }} as status_reason,
        undetermined_reason is not null and not is_undetermined and n_mutations = 0 as is_doubted
    from judged
),
-- calls, and rows that could be one and are not understood
calls as (
    select
        cohort_id, sample_id, hugo_symbol, variant_classification, is_truncating, hgvsp_short, false as is_doubtful,
        cast(null as varchar) as doubt_reason
    from {{ beside('mutations') }}
    where is_usable and is_nonsynonymous and hugo_symbol in (select hugo_symbol from genes)
    union all
    select
        doubtful.cohort_id, doubtful.sample_id, doubtful.hugo_symbol, rows_of_file.variant_classification,
        rows_of_file.is_truncating, rows_of_file.hgvsp_short, true, doubtful.status_reason
    from {{ beside('undetermined_genes') }} as doubtful
    left join {{ beside('mutations') }} as rows_of_file
        on
            doubtful.source_file_id = rows_of_file.source_file_id
            and doubtful.source_row = rows_of_file.source_row
    where doubtful.hugo_symbol in (select hugo_symbol from genes)
),
classed as (
    select
        *,
        variant_classification is null or variant_classification in ('Unknown', 'Targeted_Region') as says_nothing,
        regexp_matches(
            upper(hgvsp_short),
            '^P\.\(?[A-Z*][0-9]+(_[A-Z*][0-9]+)?(=|\*|[A-Z]|[A-Z]?FS(\*([0-9]+|\?)?)?|(DELINS|INS)[A-Z*]+|DEL[A-Z]*|INS[0-9]*'
            || '|DUP[A-Z]*|_?SPLICE|EXT\*?[0-9]*|>[A-Z*]+)?\)?$'
        ) as is_read
    from calls
),
told as (
    select
        read.place,
        classed.*,
        read.is_change,
        case
            when read.is_change then coalesce(classed.hgvsp_short = 'p.' || read.change, false)
            when read.what = 'truncating' then coalesce(classed.is_truncating, false)
            when read.what = 'missense' then coalesce(classed.variant_classification = 'Missense_Mutation', false)
            when read.what = 'nonsense' then coalesce(classed.variant_classification = 'Nonsense_Mutation', false)
            when read.what = 'splice' then coalesce(classed.variant_classification like 'Splice_%', false)
            when read.what = 'inframe' then coalesce(classed.variant_classification like 'In_Frame_%', false)
            when read.what = 'frameshift' then coalesce(classed.variant_classification like 'Frame_Shift_%', false)
        end as is_it,
        case
            when read.is_change
                then (
                    classed.says_nothing
                    or classed.variant_classification
                    = case when ends_with(read.change, '*') then 'Nonsense_Mutation' else 'Missense_Mutation' end
                )
                and (
                    classed.is_doubtful
                    or not coalesce(classed.is_read, false)
                    -- the residue with another amino acid: numbered on another transcript
                    or (
                        regexp_extract(classed.hgvsp_short, '^p\.\(?[A-Z*]([0-9]+)', 1)
                        = regexp_extract(read.change, '[0-9]+')
                        and substring(replace(classed.hgvsp_short, '(', ''), 3, 1) not in (left(read.change, 1), 'X')
                        and not contains(classed.hgvsp_short, 'splice')
                    )
                )
            when read.what = 'truncating' then classed.is_truncating is null or classed.says_nothing
            else classed.says_nothing
        end as could_be
    from classed
    inner join read on classed.hugo_symbol = read.hugo_symbol and read.what <> 'any'
),
found as (
    select
        place,
        cohort_id,
        sample_id,
        bool_or(is_it and not is_doubtful) as is_positive,
        bool_or(could_be or (is_it and is_doubtful)) as is_open,
        coalesce(
            min(doubt_reason) filter (where (could_be or is_it) and is_doubtful),
            case
                when bool_or(is_change)
                    then 'a call of the gene without a protein change that can be read on this transcript'
                else 'a call of the gene whose class does not say its effect'
            end
        ) as open_reason
    from told
    group by place, cohort_id, sample_id
),
answered as (
    select
        read.place,
        of_genes.cohort_id,
        of_genes.sample_id,
        read.is_negated,
        case
            when read.what = 'any' or not (of_genes.status in ('positive', 'negative') or of_genes.is_doubted)
                then of_genes.status
            when found.is_positive then 'positive'
            when found.is_open then 'undetermined'
            else 'negative'
        end as status,
        case
            when read.what = 'any' or not (of_genes.status in ('positive', 'negative') or of_genes.is_doubted)
                then of_genes.status_reason
            when found.is_positive or not found.is_open then null
            else found.open_reason
        end as status_reason
    from of_genes
    inner join read on of_genes.hugo_symbol = read.hugo_symbol
    left join found
        on
            read.place = found.place
            and of_genes.cohort_id = found.cohort_id
            and of_genes.sample_id = found.sample_id
),
turned as (
    select
        place,
        cohort_id,
        sample_id,
        status_reason,
        case
            when is_negated and status = 'positive' then 'negative'
            when is_negated and status = 'negative' then 'positive'
            else status
        end as status
    from answered
),
-- Kleene's logic; who was not looked at for a part belongs to none of the groups
joined as (
    select
        cohort_id,
        sample_id,
        case
            when bool_or(status = 'not_profiled') then 'not_profiled'
            when contains(asked, '&')
                then case
                    when bool_or(status = 'negative') then 'negative'
                    when bool_and(status = 'positive') then 'positive'
                    else 'undetermined'
                end
            when bool_or(status = 'positive') then 'positive'
            when bool_and(status = 'negative') then 'negative'
            else 'undetermined'
        end as status,
        arg_min(status_reason, place) filter (where status = 'not_profiled') as not_profiled_reason,
        arg_min(status_reason, place) filter (where status = 'undetermined') as undetermined_reason
    from turned
    group by cohort_id, sample_id
)
select
    people.cohort_id,
    people.patient_id,
    people.person_id,
    people.person_row_number,
    people.sample_id,
    people.cancer_type,
    people.is_icb_treated,
    people.drug_class,
    coalesce(joined.status, 'not_profiled') as status,
    case
        when joined.sample_id is null then 'no sample'
        when joined.status = 'not_profiled' then joined.not_profiled_reason
        when joined.status = 'undetermined' then joined.undetermined_reason
    end as status_reason
from {{ beside('patient_summary') }} as people
left join joined on people.cohort_id = joined.cohort_id and people.sample_id = joined.sample_id
-- asked here too: count(*) alone would not find out that a word cannot be read
where (select count(hugo_symbol) from genes) > 0
{% endif %}
{% endmacro %}
