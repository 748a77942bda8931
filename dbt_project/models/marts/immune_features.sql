-- Immune features, one row a sample, feature and source; n_aliquots says of how many aliquots one was taken.
select
    features.cohort_id,
    features.patient_id,
    persons.person_id,
    features.sample_id,
    features.feature,
    features.value,
    terms.unit,
    terms.family,
    features.source,
    features.aliquot_raw,
    features.n_aliquots,
    features.column_name,
    features.source_file_id,
    features.source_row
from {{ ref('int_immune_features') }} as features
inner join {{ ref('int_persons') }} as persons
    on features.cohort_id = persons.cohort_id and features.patient_id = persons.patient_id
left join {{ ref('immune_feature_terms') }} as terms on features.feature = terms.feature
where features.problem is null
