# Reference values for analytics/meta from R's metafor and survival.
# Run in this folder: Rscript make_reference.R   (metafor 3.8-1, survival 3.5-3, R 4.2.2)
suppressMessages({library(metafor); library(jsonlite); library(survival)})
control <- list(threshold = 1e-14, maxiter = 100000, stepadj = 0.5)

# BCG vaccine trials (Colditz 1994) as log risk ratios: metafor's own worked example.
bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
datasets <- list(
  bcg = list(y = as.numeric(bcg$yi), se = sqrt(as.numeric(bcg$vi))),
  homogeneous = list(y = c(-0.31, -0.27, -0.35, -0.22, -0.30, -0.41), se = c(0.21, 0.18, 0.35, 0.25, 0.40, 0.30)),
  heterogeneous = list(y = c(-1.9, 0.4, 1.1, -0.2, 2.3, -0.7, 0.05), se = c(0.12, 0.30, 0.22, 0.15, 0.60, 0.09, 1.4)),
  two = list(y = c(-0.9, 0.1), se = c(0.25, 0.30)),
  three = list(y = c(-0.9, 0.1, -0.4), se = c(0.45, 0.20, 0.33)),
  icb = list(y = log(c(0.35, 0.34, 0.75, 0.62, 1.10, 0.91, 0.48, 0.80)),
             se = c(0.45, 0.51, 0.12, 0.15, 0.33, 0.27, 0.60, 0.21))
)

one <- function(d, method, test) {
  fit <- rma(yi = d$y, sei = d$se, method = method, test = test, control = control)
  ci <- suppressWarnings(confint(fit, control = list(tol = 1e-13, tau2.max = 1e6, maxiter = 100000)))$random
  default <- predict(fit)
  riley <- predict(fit, pi.type = "riley")
  list(method = method, test = test, estimate = as.numeric(fit$beta), se = fit$se, p = fit$pval,
       ci_low = fit$ci.lb, ci_high = fit$ci.ub, tau2 = fit$tau2, tau2_se = fit$se.tau2, i2 = fit$I2,
       h2 = fit$H2, q = fit$QE, q_p = fit$QEp, tau2_ci = ci["tau^2", 2:3], i2_ci = ci["I^2(%)", 2:3],
       pi_default = c(default$pi.lb, default$pi.ub), pi_riley = c(riley$pi.lb, riley$pi.ub),
       weights = as.numeric(weights(fit)))
}
loo <- function(d) {
  as.list(as.data.frame(leave1out(rma(yi = d$y, sei = d$se, method = "REML", test = "knha",
                                      control = control)))[c("estimate", "se", "pval", "ci.lb", "ci.ub", "tau2", "I2")])
}
fits <- lapply(datasets, function(d) c(
  list(y = d$y, study_se = d$se),
  list(fits = c(lapply(c("z", "knha", "adhoc"), function(test) one(d, "REML", test)),
                lapply(c("z", "knha"), function(test) one(d, "DL", test)))),
  if (length(d$y) > 2) list(loo = loo(d)) else list()))

# Many genes: 8 cohorts with holes; metafor one by one.
set.seed(20)
genes <- 60
y <- matrix(rnorm(genes * 8, -0.1, 0.5), genes) + rep(rnorm(genes, 0, 0.2), 8)
se <- matrix(exp(runif(genes * 8, log(0.08), log(1.2))), genes)
hole <- matrix(runif(genes * 8) < 0.35, genes)
hole[rowSums(!hole) < 2, ] <- FALSE
y[hole] <- NA; se[hole] <- NA
many <- t(sapply(seq_len(genes), function(g) {
  keep <- !is.na(y[g, ])
  fit <- rma(yi = y[g, keep], sei = se[g, keep], method = "REML", test = "knha", control = control)
  c(fit$beta, fit$se, fit$pval, fit$tau2, fit$I2)
}))

# Treatment x biomarker interaction by coxph (Efron), stratified and adjusted.
set.seed(7)
n <- 240
cohort <- data.frame(
  treatment = rbinom(n, 1, 0.5), biomarker = rbinom(n, 1, 0.3), age = round(rnorm(n, 62, 9)),
  site = sample(c("a", "b"), n, TRUE))
rate <- 0.06 * exp(-0.1 * cohort$treatment - 0.9 * cohort$treatment * cohort$biomarker + 0.02 * (cohort$age - 62))
time <- rexp(n, rate); censor <- runif(n, 2, 40)
cohort$os_months <- pmax(0.5, round(pmin(time, censor) * 2) / 2)
cohort$os_event <- as.integer(time <= censor)
full <- coxph(Surv(os_months, os_event) ~ treatment * biomarker + age + strata(site), cohort, control = coxph.control(eps = 1e-12, toler.chol = 1e-14))
null <- coxph(Surv(os_months, os_event) ~ treatment + biomarker + age + strata(site), cohort, control = coxph.control(eps = 1e-12, toler.chol = 1e-14))
V <- vcov(full); b <- coef(full)
contrast <- function(names) { L <- as.numeric(names(b) %in% names); c(sum(L * b), sqrt(drop(L %*% V %*% L))) }
interaction <- list(
  data = cohort,
  log_ratio = contrast("treatment:biomarker"),
  lr = 2 * (full$loglik[2] - null$loglik[2]),
  treatment_in_wild_type = contrast("treatment"),
  treatment_in_mutated = contrast(c("treatment", "treatment:biomarker")),
  biomarker_in_control = contrast("biomarker"),
  biomarker_in_treated = contrast(c("biomarker", "treatment:biomarker")))

write(toJSON(list(fits = fits, many = list(y = y, se = se, columns = c("estimate", "se", "p", "tau2", "i2_percent"), expected = many),
                  interaction = interaction), digits = NA, na = "null", auto_unbox = TRUE), "reference.json")
