-- The stratified log-rank test of every gene in one query.
--
-- In: patients(patient, time_months, event, stratum), carriers(gene, patient). Out: gene, observed, expected,
-- variance, chi2. O - E is a sum over carriers of one number per patient; the variance is a sum over carriers minus
-- a quadratic form that becomes a rank-weighted sum, because the part two carriers share is the smaller of theirs:
-- sum over pairs of min(b_i, b_j) = sum of b_i (2 rank_i - 1), ranked from the largest b within gene and stratum.
with by_time as (
    select stratum, time_months, sum(event) as deaths, count(*) as leaving
    from patients
    group by stratum, time_months
),
at_risk as (
    select
        stratum,
        time_months,
        cast(deaths as double) as d,
        cast(sum(leaving) over (
            partition by stratum order by time_months desc
            rows between unbounded preceding and current row
        ) as double) as y
    from by_time
),
sums as (
    select
        stratum,
        time_months,
        sum(d / y) over from_start as hazard,
        sum(case when y > 1 then d * (y - d) / (y - 1) / y else 0 end) over from_start as linear,
        sum(case when y > 1 then d * (y - d) / (y - 1) / (y * y) else 0 end) over from_start as quadratic
    from at_risk
    window from_start as (
        partition by stratum order by time_months
        rows between unbounded preceding and current row
    )
),
scored as (
    select p.patient, p.stratum, p.event, s.hazard, s.linear, s.quadratic
    from patients as p
    inner join sums as s on p.stratum = s.stratum and p.time_months = s.time_months
),
ranked as (
    select
        c.gene,
        s.event,
        s.hazard,
        s.linear,
        s.quadratic,
        row_number() over (partition by c.gene, s.stratum order by s.quadratic desc) as place
    from carriers as c
    inner join scored as s on c.patient = s.patient
),
tested as (
    select
        gene,
        sum(event) as observed,
        sum(hazard) as expected,
        sum(linear - quadratic * (2 * place - 1)) as variance
    from ranked
    group by gene
)
select
    gene,
    observed,
    expected,
    variance,
    case when variance > 1e-10 * expected then power(observed - expected, 2) / variance end as chi2
from tested
order by gene
