# Reference values of a real cohort: Rscript make_real_reference.R <folder with patients.csv and carriers.csv>
# (written by real_cohort.py). R 4.2.2, survival 3.5-3, splines, jsonlite. Writes real_cohort.json: one entry per
# gene, no patient's data.
library(survival)
library(splines)
library(jsonlite)
folder <- commandArgs(trailingOnly = TRUE)[1]
patients <- read.csv(file.path(folder, "patients.csv"), stringsAsFactors = FALSE)
carriers <- read.csv(file.path(folder, "carriers.csv"), stringsAsFactors = FALSE)
carriers$panel <- patients$panel[match(carriers$patient_id, patients$patient_id)]
counts <- table(carriers$gene)
genes <- sort(names(counts)[counts >= 25])
genes <- genes[seq(1, length(genes), by = 6)]
tight <- coxph.control(eps = 1e-14, iter.max = 100, toler.chol = 1e-16)

tests <- function(y, s, x) {
  last <- ncol(x)
  full <- coxph(y ~ x + strata(s), control = tight)
  start <- rep(0, last)
  null_loglik <- full$loglik[1]
  if (last > 1) {
    null <- coxph(y ~ x[, -last] + strata(s), control = tight)
    start[-last] <- ifelse(is.na(coef(null)), 0, coef(null))
    null_loglik <- null$loglik[2]
  }
  at_null <- suppressWarnings(coxph(y ~ x + strata(s), init = start, control = coxph.control(iter.max = 0)))
  b <- coef(full)[[last]]
  se <- sqrt(full$var[last, last])
  list(coef = b, se = se, wald = (b / se)^2, score = at_null$score, lr = 2 * (full$loglik[2] - null_loglik))
}

out <- lapply(genes, function(g) {
  mine <- carriers[carriers$gene == g, ]
  d <- patients[patients$panel %in% unique(mine$panel), ]
  n <- mine$n_mutations[match(d$patient_id, mine$patient_id)]
  n[is.na(n)] <- 0
  d$gene <- as.numeric(n > 0)
  own <- n / d$megabases
  y <- Surv(d$time_months, d$event)
  z <- model.matrix(~ sex + age_group + drug_type + sample_type, d)[, -1]
  knots <- quantile(log2(d$tmb + 1), c(0.05, 0.35, 0.65, 0.95), names = FALSE)
  spline <- ns(log2(pmax(d$tmb - own, 0) + 1), knots = knots[2:3], Boundary.knots = knots[c(1, 4)])
  s <- survdiff(y ~ gene + strata(stratum), data = d)
  list(gene = g, n = nrow(d), carriers = sum(d$gene), events = sum(d$event[d$gene == 1]), logrank = s$chisq,
       uni = tests(y, d$stratum, cbind(gene = d$gene)), adj = tests(y, d$stratum, cbind(z, gene = d$gene)),
       burden = tests(y, d$stratum, cbind(z, matrix(spline, ncol = 3), gene = d$gene)))
})
write(toJSON(out, digits = NA, auto_unbox = TRUE, pretty = 1), "real_cohort.json")
