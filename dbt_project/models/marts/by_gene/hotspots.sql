-- Residues that are hit again and again: missense or in-frame changes of two people or more of the whole warehouse,
-- whatever became of them. How many people make a hotspot is for the question to say.
with people as (

    select
        hugo_symbol,
        residue,
        person_id,
        count(*) as n_calls
    from {{ ref('int_residue_calls') }}
    where residue is not null
    group by hugo_symbol, residue, person_id

)

select
    hugo_symbol,
    residue,
    count(*) as n_people,
    cast(sum(n_calls) as bigint) as n_calls
from people
group by hugo_symbol, residue
having count(*) >= 2
