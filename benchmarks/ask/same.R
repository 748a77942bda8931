# The question of people.csv as one writes it in R: hazard ratio and medians by cohort, the pooled stratified model with
# standard errors robust by person, the same with burden, the test of proportional hazards.
library(survival)
people <- read.csv(commandArgs(trailingOnly = TRUE)[1], na.strings = "")
people <- people[people$in_pool == 1 & !is.na(people$in_group), ]
for (rows in split(people, people$cohort_id)) {
  if (length(unique(rows$in_group)) < 2 || sum(rows$event) == 0) next
  suppressWarnings(coxph(Surv(time_months, event) ~ in_group, data = rows, ties = "efron"))
  survfit(Surv(time_months, event) ~ in_group, data = rows)
}
pooled <- coxph(Surv(time_months, event) ~ in_group + strata(cohort_id, cancer_type), data = people,
                ties = "efron", cluster = person_id)
people$burden <- log2(people$n_nonsynonymous - people$n_own_mutations + 1)
coxph(Surv(time_months, event) ~ in_group + burden + strata(cohort_id, cancer_type), data = people,
      ties = "efron", cluster = person_id)
invisible(cox.zph(pooled))
cat(sprintf("%.10f\n", exp(coef(pooled))))
