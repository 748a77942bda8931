# Reference values of a trial: Rscript make_trial_reference.R (R 4.2.2, survival 3.5-3). Writes trial.csv.
# The lung cancer trial of the survival package (veteran): treatment trt, biomarker "prior therapy", strata cell type
# for the stratified rows. Restricted means up to 300 days from survfit's own table.
library(survival)
tight <- coxph.control(eps = 1e-14, iter.max = 200)
d <- veteran
d$treated <- as.numeric(d$trt == 2)
d$group <- as.numeric(d$prior == 10)
rows <- list()
add <- function(name, estimate, se) rows[[length(rows) + 1]] <<- data.frame(name, estimate, se)
one <- coxph(Surv(time, status) ~ treated, d, control = tight)
add("treatment", coef(one)[[1]], sqrt(vcov(one)[1, 1]))
by_cell <- coxph(Surv(time, status) ~ treated + strata(celltype), d, control = tight)
add("treatment_stratified", coef(by_cell)[[1]], sqrt(vcov(by_cell)[1, 1]))
both <- coxph(Surv(time, status) ~ treated * group, d, control = tight)
v <- vcov(both)
add("interaction", coef(both)[[3]], sqrt(v[3, 3]))
add("treatment_in_group", sum(coef(both)[c(1, 3)]), sqrt(v[1, 1] + v[3, 3] + 2 * v[1, 3]))
add("treatment_in_reference", coef(both)[[1]], sqrt(v[1, 1]))
mean_of <- function(treated, group) {
  s <- summary(survfit(Surv(time, status) ~ 1, d[d$treated == treated & d$group == group, ]), rmean = 300)$table
  unname(c(s["rmean"], s["se(rmean)"]))
}
cells <- list(mean_of(1, 1), mean_of(1, 0), mean_of(0, 1), mean_of(0, 0))
sign <- c(1, -1, -1, 1)
add("months", sum(sign * sapply(cells, `[`, 1)), sqrt(sum(sapply(cells, `[`, 2)^2)))
table <- do.call(rbind, rows)
table$estimate <- format(table$estimate, digits = 15)
table$se <- format(table$se, digits = 15)
write.csv(table, "trial.csv", row.names = FALSE, quote = FALSE)
