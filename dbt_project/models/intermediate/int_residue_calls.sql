-- Counted calls that change or lose residues in frame, with the residue where the source gives the protein change.
select
    cohort_id,
    patient_id,
    person_id,
    sample_id,
    hugo_symbol,
    ncbi_build,
    chromosome,
    start_position,
    {{ residue('hgvsp_short') }} as residue
from {{ ref('mutations') }}
where is_usable and is_nonsynonymous and not is_truncating and hugo_symbol is not null
