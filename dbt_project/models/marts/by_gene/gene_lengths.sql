-- Coding length by the farthest residue with any call of the warehouse: a lower bound of the protein's length (ALK 1,612
-- of 1,620).
with calls as (

    select
        hugo_symbol,
        {{ residue('hgvsp_short', letters='A-Za-z*') }} as residue
    from {{ ref('mutations') }}
    where hugo_symbol is not null

)

select
    hugo_symbol,
    max(residue) as farthest_residue,
    cast(3 * max(residue) as double) as coding_length_bp
from calls
where residue is not null
group by hugo_symbol
