# Reference values of the change by burden: Rscript make_change_reference.R (R 4.2.2, survival 3.5-3, splines)
# Writes change.csv: coefficient beside burden less that without on the same people, and its standard error from the
# squared differences of the two models' dfbeta residuals (coxph: residuals(type = "dfbeta"); glm: the first-order
# influence, inverse information times each person's score).
library(survival)
library(splines)
tight <- coxph.control(eps = 1e-14, iter.max = 200, toler.chol = 1e-16)

of_cox <- function(d, x) {
  y <- if (any(d$entry > 0)) Surv(d$entry, d$time, d$event) else Surv(d$time, d$event)
  fit <- coxph(y ~ x + strata(d$stratum), control = tight, ties = "efron")
  list(coef = coef(fit)[[1]], dfbeta = as.matrix(residuals(fit, type = "dfbeta"))[, 1])
}

of_logistic <- function(d, x) {
  mixed <- names(which(tapply(d$response, d$stratum, function(r) length(unique(r)) == 2)))
  keep <- as.character(d$stratum) %in% mixed
  z <- cbind(x, model.matrix(~ 0 + factor(d$stratum)))[keep, ]
  fit <- glm(d$response[keep] ~ 0 + z, family = binomial(), control = glm.control(epsilon = 1e-15, maxit = 100))
  list(coef = coef(fit)[[1]], dfbeta = ((d$response[keep] - fitted(fit)) * z) %*% vcov(fit)[, 1])
}

out <- list()
for (name in c("ties", "delayed")) {
  d <- read.csv(paste0(name, ".csv"))
  covariates <- as.matrix(d[, c("z1", "z2")])
  knots <- quantile(log2(d$tmb + 1), c(0.05, 0.35, 0.65, 0.95), names = FALSE)
  for (g in c("common", "medium")) {
    own <- log2(pmax(d$tmb - d[[paste0(g, "_own")]], 0) + 1)
    basis <- matrix(ns(own, knots = knots[2:3], Boundary.knots = knots[c(1, 4)]), ncol = 3)
    for (model in c("cox", "logistic")) {
      fit <- if (model == "cox") of_cox else of_logistic
      crude <- fit(d, cbind(d[[g]], covariates))
      beside <- fit(d, cbind(d[[g]], covariates, basis))
      out[[length(out) + 1]] <- data.frame(cohort = name, gene = g, model = model, coef = beside$coef - crude$coef,
                                           se = sqrt(sum((beside$dfbeta - crude$dfbeta)^2)))
    }
  }
}
table <- do.call(rbind, out)
table$coef <- format(table$coef, digits = 15)
table$se <- format(table$se, digits = 15)
write.csv(table, "change.csv", row.names = FALSE, quote = FALSE)
