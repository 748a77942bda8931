# Reference values for the tests of analytics/scan.
#
# Run in this folder after make_data.py: Rscript make_reference.R
# (R 4.2.2, survival 3.5-3, splines, brglm2, jsonlite). Writes reference.json; tests read it and need no R.
# The convergence limits are tightened, because R's defaults stop 1e-6 away from the maximum.

library(survival)
library(splines)
library(jsonlite)

cohorts <- c("ties", "single_strata", "delayed", "weighted", "near_collinear")
genes <- c("common", "medium", "rare", "strong", "no_events", "all_events")
tight <- coxph.control(eps = 1e-14, iter.max = 200, toler.chol = 1e-16)

survival_of <- function(d) {
  if (any(d$entry > 0)) Surv(d$entry, d$time, d$event) else Surv(d$time, d$event)
}

# One Cox model: coefficient, SE, and each test by itself. `extra` is a matrix of covariates, or NULL.
cox_of <- function(d, gene, extra) {
  x <- cbind(extra, gene = gene)
  last <- ncol(x)
  y <- survival_of(d)
  s <- d$stratum
  w <- d$weight
  full <- coxph(y ~ x + strata(s), weights = w, control = tight, ties = "efron")
  start <- rep(0, last)
  if (last > 1) {
    z <- x[, -last, drop = FALSE]
    null <- coxph(y ~ z + strata(s), weights = w, control = tight, ties = "efron")
    start[-last] <- coef(null)
    null_loglik <- null$loglik[2]
  } else null_loglik <- full$loglik[1]
  at_null <- suppressWarnings(coxph(y ~ x + strata(s), weights = w, init = start,
    control = coxph.control(iter.max = 0), ties = "efron"))
  b <- coef(full)[[last]]
  v <- full$naive.var
  se <- sqrt((if (is.null(v)) full$var else v)[last, last])
  list(coef = b, se = se, wald = (b / se)^2, score = at_null$score, lr = 2 * (full$loglik[2] - null_loglik))
}

# Firth's penalised partial likelihood by its definition: log likelihood + log det(information) / 2, information
# and score from coxph at fixed coefficients, the penalty's gradient by eighth-order differences.
firth_of <- function(d, gene, extra) {
  x <- cbind(extra, gene = gene)
  scale <- apply(x, 2, sd)
  x <- sweep(x, 2, scale, "/")
  q <- ncol(x)
  y <- survival_of(d)
  s <- d$stratum
  at <- function(b) {
    f <- suppressWarnings(coxph(y ~ x + strata(s), init = b, control = coxph.control(iter.max = 0), ties = "efron"))
    list(value = f$loglik[1] - 0.5 * as.numeric(determinant(f$var)$modulus), var = f$var,
         score = colSums(matrix(residuals(f, "score"), ncol = q)))
  }
  penalty <- function(b) -0.5 * as.numeric(determinant(at(b)$var)$modulus)
  weight <- c(4 / 5, -1 / 5, 4 / 105, -1 / 280)
  modified <- function(b) {
    g <- at(b)$score
    for (k in seq_len(q)) for (j in 1:4) {
      h <- rep(0, q)
      h[k] <- 0.02 * j
      g[k] <- g[k] + weight[j] * (penalty(b + h) - penalty(b - h)) / 0.02
    }
    g
  }
  solve_for <- function(free) {
    b <- rep(0, q)
    for (i in 1:200) {
      v <- solve(solve(at(b)$var)[free, free, drop = FALSE])
      step <- drop(v %*% modified(b)[free])
      step <- step * min(1, 1 / max(abs(step)))
      b[free] <- b[free] + step
      if (max(abs(step)) < 1e-13) break
    }
    b
  }
  b <- solve_for(seq_len(q))
  here <- at(b)
  zero <- if (q > 1) at(solve_for(seq_len(q - 1))) else at(rep(0, q))
  se <- sqrt(here$var[q, q])
  list(coef = b[q] / scale[[q]], se = se / scale[[q]], wald = (b[q] / se)^2, lr = 2 * (here$value - zero$value))
}

# A logistic model with an intercept per stratum; Firth's through brglm2 (mean bias reduction is Firth's penalty).
logistic_of <- function(d, gene, extra) {
  mixed <- names(which(tapply(d$response, d$stratum, function(r) length(unique(r)) == 2)))
  keep <- as.character(d$stratum) %in% mixed
  d <- d[keep, ]
  z <- model.matrix(~ 0 + factor(d$stratum))
  if (length(unique(d$stratum)) == 1) z <- matrix(1, nrow(d), 1)
  if (!is.null(extra)) z <- cbind(z, extra[keep, , drop = FALSE])
  x <- cbind(z, gene = gene[keep])
  last <- ncol(x)
  fit <- function(m) glm(d$response ~ 0 + m, family = binomial(), control = glm.control(epsilon = 1e-15, maxit = 100))
  full <- fit(x)
  null <- fit(z)
  b <- coef(full)[[last]]
  se <- sqrt(vcov(full)[last, last])
  mu <- fitted(null)
  v <- mu * (1 - mu)
  u <- sum(x[, last] * (d$response - mu))
  info <- t(x) %*% (v * x)
  rest <- info[last, last] - info[last, -last] %*% solve(info[-last, -last], info[-last, last])
  list(coef = b, se = se, wald = (b / se)^2, score = drop(u^2 / rest), lr = null$deviance - full$deviance,
       n = nrow(d))
}

logistic_firth_of <- function(d, gene, extra) {
  mixed <- names(which(tapply(d$response, d$stratum, function(r) length(unique(r)) == 2)))
  keep <- as.character(d$stratum) %in% mixed
  d <- d[keep, ]
  z <- model.matrix(~ 0 + factor(d$stratum))
  if (!is.null(extra)) z <- cbind(z, extra[keep, , drop = FALSE])
  x <- cbind(z, gene = gene[keep])
  last <- ncol(x)
  full <- glm(d$response ~ 0 + x, family = binomial(), method = brglm2::brglmFit, type = "AS_mean",
              epsilon = 1e-12, maxit = 1000)
  b <- coef(full)[[last]]
  mu <- fitted(full)
  se <- sqrt(solve(t(x) %*% (mu * (1 - mu) * x))[last, last])
  list(coef = b, se = se, wald = (b / se)^2)
}

out <- list()
for (name in cohorts) {
  d <- read.csv(paste0(name, ".csv"))
  is_weighted <- any(d$weight != 1)
  is_delayed <- any(d$entry > 0)
  covariates <- as.matrix(d[, c("z1", "z2")])
  x <- log2(d$tmb + 1)
  knots <- quantile(x, c(0.05, 0.35, 0.65, 0.95), names = FALSE)
  for (g in genes) {
    gene <- d[[g]]
    has <- sum(d$event[gene == 1])
    item <- list(cohort = name, gene = g, carriers = sum(gene), events = has)
    if (!is_weighted && !is_delayed) {
      s <- survdiff(Surv(time, event) ~ gene + strata(stratum), data = d)
      o <- if (is.matrix(s$obs)) rowSums(s$obs) else s$obs
      e <- if (is.matrix(s$exp)) rowSums(s$exp) else s$exp
      item$logrank <- list(observed = o[2], expected = e[2], variance = s$var[2, 2], chi2 = s$chisq)
    }
    if (g %in% c("common", "medium", "rare", "strong")) {
      item$uni <- cox_of(d, gene, NULL)
      item$adj <- cox_of(d, gene, covariates)
      own <- log2(pmax(d$tmb - d[[paste0(g, "_own")]], 0) + 1)
      basis <- ns(own, knots = knots[2:3], Boundary.knots = knots[c(1, 4)])
      item$burden <- cox_of(d, gene, cbind(covariates, matrix(basis, ncol = 3)))
      if (!is_weighted) {
        f <- coxph(survival_of(d) ~ gene + strata(d$stratum), control = tight)
        item$ph <- cox.zph(f, transform = "km")$table[1, 1]
      }
    }
    if (!is_weighted && name != "near_collinear" && g %in% c("rare", "no_events", "all_events")) {
      item$uni_firth <- firth_of(d, gene, NULL)
      item$adj_firth <- firth_of(d, gene, covariates)
      own <- log2(pmax(d$tmb - d[[paste0(g, "_own")]], 0) + 1)
      basis <- ns(own, knots = knots[2:3], Boundary.knots = knots[c(1, 4)])
      item$burden_firth <- firth_of(d, gene, cbind(covariates, matrix(basis, ncol = 3)))
    }
    if (name %in% c("ties", "delayed")) {
      item$fisher_p <- fisher.test(table(factor(gene, 0:1), factor(d$response, 0:1)))$p.value
      item$logistic_uni <- logistic_of(d, gene, NULL)
      item$logistic_adj <- logistic_of(d, gene, covariates)
      item$logistic_firth_uni <- logistic_firth_of(d, gene, NULL)
      item$logistic_firth_adj <- logistic_firth_of(d, gene, covariates)
      own <- log2(pmax(d$tmb - d[[paste0(g, "_own")]], 0) + 1)
      basis <- matrix(ns(own, knots = knots[2:3], Boundary.knots = knots[c(1, 4)]), ncol = 3)
      item$logistic_burden <- logistic_of(d, gene, cbind(covariates, basis))
      item$logistic_firth_burden <- logistic_firth_of(d, gene, cbind(covariates, basis))
      if (length(unique(d$stratum)) > 1) {
        mh <- mantelhaen.test(factor(gene, 0:1), factor(d$response, 0:1), factor(d$stratum), correct = FALSE)
        item$mantel_haenszel <- mh$statistic[[1]]
      }
    }
    out[[length(out) + 1]] <- item
  }
}
p <- c(0.01, 0.02, 0.03, 0.5, 0.02, 0.9)
result <- list(
  genes = out,
  bh = list(p = p, adjusted = p.adjust(p, "BH"), adjusted_of_ten = p.adjust(p, "BH", n = 10))
)
write(toJSON(result, digits = NA, auto_unbox = TRUE, na = "null", pretty = 1), "reference.json")
