# Reference values for the tests of analytics/survival and analytics/response.
#
# Run in this folder: Rscript make_reference.R   (R 4.2.2, survival 3.5-3, coin 1.4-2, jsonlite)
# It writes the data sets (*.csv) and the values (*.json); the tests read both and need no R.
#
# Data sets, with the columns time, event, entry (0 for right-censored data) and covariates:
#   lung      survival::lung, Loprinzi et al. (1994), J Clin Oncol 12:601
#   veteran   survival::veteran, Kalbfleisch & Prentice (1980)
#   heart     survival::heart, Crowley & Hu (1977), start-stop rows, several per person
#   channing  KMsurv::channing, Hyde (1977): age in months at entry to and exit from a retirement home
#   leukaemia Freireich et al. (1963), Blood 21:699, 6-MP against placebo
#   monthly   generated: whole months with heavy ties and zeros, strata of one person, persons with two rows
#   late      generated: delayed entry, heavy ties, rows whose entry is not before their time, small strata

library(survival)
library(jsonlite)

save_json <- function(x, file) write(toJSON(x, digits = NA, auto_unbox = TRUE, na = "null", null = "null", pretty = 1), file)

# ---------------------------------------------------------------- data
data(channing, package = "KMsurv")
# Two people left within the month in which they came; Surv() cannot use them and neither can the test.
channing <- subset(channing, ageentry < age)
leukaemia <- data.frame(
  time = c(6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35,
           1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23),
  event = c(1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, rep(1, 21)),
  entry = 0, is_6mp = rep(c(1, 0), each = 21))

set.seed(20220322)
n <- 260
monthly <- data.frame(
  person = c(seq_len(n - 30), sample(n - 30, 30)),
  stratum = c(sample(1:4, n - 3, replace = TRUE), 5, 6, 7),
  entry = 0, x = rbinom(n, 1, 0.15), age = round(rnorm(n, 61, 11)), score = round(rnorm(n), 3),
  drug = sample(c(0, 1, 2), n, replace = TRUE, prob = c(0.6, 0.3, 0.1)))
monthly$time <- floor(rexp(n, 0.06 * exp(-0.5 * monthly$x + 0.3 * monthly$score)))
monthly$event <- rbinom(n, 1, 0.6)
monthly$drug_b <- as.integer(monthly$drug == 1)
monthly$drug_c <- as.integer(monthly$drug == 2)
n <- 240
late <- data.frame(
  person = c(seq_len(n - 20), sample(n - 20, 20)), stratum = sample(1:12, n, replace = TRUE),
  entry = pmax(0, round(rexp(n, 0.15)) - 2), x = rbinom(n, 1, 0.3), age = round(rnorm(n, 61, 11)))
late$time <- ceiling(rexp(n, 0.05 * exp(0.4 * late$x))) + ifelse(runif(n) < 0.1, 0, late$entry)
late$event <- rbinom(n, 1, 0.7)

frames <- list(
  lung = with(lung, data.frame(time, event = as.integer(status == 2), entry = 0, age, sex, ph.ecog,
                               ph.karno, inst)),
  veteran = with(veteran, data.frame(time, event = status, entry = 0, trt, karno, diagtime, age, prior,
                                     small = as.integer(celltype == "smallcell"),
                                     adeno = as.integer(celltype == "adeno"),
                                     large = as.integer(celltype == "large"),
                                     celltype = as.character(celltype))),
  heart = with(heart, data.frame(time = stop, event, entry = start, age, year, surgery,
                                 transplant = as.integer(as.character(transplant)), person = id)),
  channing = with(channing, data.frame(time = age, event = death, entry = ageentry, woman = gender - 1)),
  leukaemia = leukaemia, monthly = monthly, late = late)
for (name in names(frames)) write.csv(frames[[name]], paste0(name, ".csv"), row.names = FALSE, na = "")

is_late <- function(d) any(d$entry > 0)
# Surv() warns about and drops rows whose entry is not before their time; that is part of the reference.
response <- function(d) if (is_late(d)) "Surv(entry, time, event)" else "Surv(time, event)"
fit <- function(case) {
  d <- frames[[case$data]]
  strata <- if (length(case$strata)) paste0("strata(", paste(case$strata, collapse = ","), ")")
  right <- paste(c(case$covariates, strata), collapse = " + ")
  d$cl <- if (is.null(case$cluster)) seq_len(nrow(d)) else d[[case$cluster]]
  f <- as.formula(paste(response(d), "~", right))
  control <- coxph.control(eps = 1e-13, iter.max = 60)
  suppressWarnings(if (is.null(case$cluster)) coxph(f, d, ties = case$ties, control = control)
                   else coxph(f, d, ties = case$ties, cluster = cl, control = control))
}
box <- function(x) as.list(unname(x))

# ---------------------------------------------------------------- Cox
cases <- list()
add <- function(data, covariates, strata = NULL, cluster = NULL)
  for (ties in c("efron", "breslow"))
    cases[[length(cases) + 1]] <<- list(data = data, covariates = as.list(covariates),
                                        strata = as.list(strata), cluster = cluster, ties = ties)
add("lung", "sex"); add("lung", c("age", "sex", "ph.ecog")); add("lung", c("age", "sex"), "ph.ecog")
add("lung", c("age", "sex", "ph.ecog"), "inst", "inst"); add("lung", c("age", "sex"), NULL, "inst")
add("veteran", c("trt", "karno", "small", "adeno", "large", "diagtime"))
add("veteran", c("trt", "karno", "age"), c("prior", "celltype"))
add("heart", c("age", "year", "surgery", "transplant"))
add("heart", c("age", "year", "surgery", "transplant"), NULL, "person")
add("heart", c("age", "year"), "transplant", "person")
add("channing", "woman"); add("leukaemia", "is_6mp")
add("monthly", "x"); add("monthly", c("x", "age", "score", "drug_b", "drug_c"), "stratum")
add("monthly", c("x", "age", "score"), NULL, "person"); add("monthly", c("x", "age", "score"), "stratum", "person")
add("late", "x"); add("late", c("x", "age")); add("late", c("x", "age"), "stratum")
add("late", c("x", "age"), NULL, "person"); add("late", c("x", "age"), "stratum", "person")
save_json(lapply(cases, function(case) {
  f <- fit(case); s <- summary(f)
  robust <- !is.null(f$naive.var)
  c(case, list(
    n = f$n, n_events = f$nevent, coef = box(coef(f)), se = box(sqrt(diag(f$var))),
    model_se = box(sqrt(diag(if (robust) f$naive.var else f$var))), covariance = f$var,
    loglik_null = f$loglik[1], loglik = f$loglik[2], lr = unname(s$logtest["test"]), wald = f$wald.test[[1]],
    score = f$score, robust_score = if (robust) unname(f$rscore) else NULL,
    concordance = unname(f$concordance["concordance"])))
}), "cox.json")

# ---------------------------------------------------------------- Kaplan-Meier
km_cases <- list(list("lung", "sex"), list("veteran", "trt"), list("leukaemia", "is_6mp"), list("monthly", "x"),
                 list("channing", "woman"), list("late", "x"))
km <- list()
for (case in km_cases) for (type in c("log-log", "log")) {
  d <- frames[[case[[1]]]]; d$g <- d[[case[[2]]]]
  for (level in sort(unique(d$g))) {
    f <- suppressWarnings(survfit(as.formula(paste(response(d), "~ 1")), d[d$g == level, ], conf.type = type))
    q <- summary(f)$table
    s <- summary(f, times = quantile(f$time, c(0.1, 0.5, 0.9), type = 1))
    km[[length(km) + 1]] <- list(
      data = case[[1]], group = case[[2]], level = level, transform = type, n = f$n,
      time = f$time, n_at_risk = f$n.risk, n_events = f$n.event, n_censored = f$n.censor, survival = f$surv,
      standard_error = summary(f, censored = TRUE)$std.err, ci_low = f$lower, ci_high = f$upper,
      median = unname(q["median"]), median_low = unname(q["0.95LCL"]), median_high = unname(q["0.95UCL"]),
      at = list(months = unname(s$time), survival = s$surv, standard_error = s$std.err,
                ci_low = s$lower, ci_high = s$upper))
  }
}
# A curve that rests at exactly one half: any time on the step is a median.
even <- data.frame(time = c(2, 4, 7, 11), event = c(1, 1, 1, 0))
save_json(list(curves = km, even_median = unname(summary(survfit(Surv(time, event) ~ 1, even))$table["median"])),
          "kaplan_meier.json")

# ---------------------------------------------------------------- log-rank
lr <- list()
for (case in list(list("lung", "sex", NULL), list("lung", "sex", "inst"), list("lung", "ph.ecog", NULL),
                  list("veteran", "celltype", NULL), list("veteran", "celltype", "prior"),
                  list("leukaemia", "is_6mp", NULL), list("monthly", "x", NULL), list("monthly", "x", "stratum"))) {
  d <- frames[[case[[1]]]]
  f <- survdiff(as.formula(paste("Surv(time, event) ~", paste(c(case[[2]], if (!is.null(case[[3]]))
    paste0("strata(", case[[3]], ")")), collapse = "+"))), d)
  total <- function(x) if (is.matrix(x)) rowSums(x) else x
  lr[[length(lr) + 1]] <- list(data = case[[1]], group = case[[2]], strata = as.list(case[[3]]),
                               observed = box(total(f$obs)), expected = box(total(f$exp)), covariance = f$var,
                               chisq = f$chisq)
}
# survdiff() has no delayed entry: from the risk sets that survfit() counts, with the hypergeometric variance.
for (case in list(list("channing", "woman", NULL), list("late", "x", NULL), list("late", "x", "stratum"))) {
  d <- frames[[case[[1]]]]; d <- d[d$entry < d$time, ]; d$g <- d[[case[[2]]]]
  d$s <- if (is.null(case[[3]])) 1 else d[[case[[3]]]]
  O <- E <- V <- 0
  for (s in unique(d$s)) {
    all <- survfit(Surv(entry, time, event) ~ 1, d[d$s == s, ])
    one <- d[d$s == s & d$g == 1, ]
    for (i in which(all$n.event > 0)) {
      t <- all$time[i]; n <- all$n.risk[i]; k <- all$n.event[i]
      n1 <- sum(one$entry < t & one$time >= t); k1 <- sum(one$time == t & one$event == 1)
      O <- O + k1; E <- E + k * n1 / n
      if (n > 1) V <- V + k * (n1 / n) * (1 - n1 / n) * (n - k) / (n - 1)
    }
  }
  lr[[length(lr) + 1]] <- list(data = case[[1]], group = case[[2]], strata = as.list(case[[3]]),
                               observed_1 = O, expected_1 = E, variance_1 = V, chisq = (O - E)^2 / V)
}
save_json(lr, "log_rank.json")

# ---------------------------------------------------------------- Schoenfeld residual test
zph <- list()
for (case in list(list("lung", c("age", "sex", "ph.ecog"), NULL), list("veteran", c("trt", "celltype", "karno"), NULL),
                  list("veteran", c("trt", "karno"), "celltype"), list("heart", c("age", "year", "surgery"), "transplant"),
                  list("heart", c("age", "year", "surgery", "transplant"), NULL), list("monthly", c("x", "age", "score"), "stratum"),
                  list("late", c("x", "age"), "stratum")))
  for (transform in c("km", "identity", "rank")) for (ties in c("efron", "breslow")) {
    spec <- list(data = case[[1]], covariates = as.list(case[[2]]), strata = as.list(case[[3]]), ties = ties)
    f <- fit(spec)
    z <- cox.zph(f, transform); e <- cox.zph(f, transform, terms = FALSE)
    # An event in a stratum of one person says nothing. R leaves such rows at the coefficient (in other strata where a
    # term does not vary it gives NA, which is what the tests expect); they are taken out of the comparison.
    if (length(spec$strata)) {
      size <- table(frames[[spec$data]][[spec$strata[[1]]]])
      alone <- e$strata %in% c(paste0(spec$strata[[1]], "=", names(size)[size == 1]))
      e$y <- e$y[!alone, , drop = FALSE]; e$x <- e$x[!alone]
    }
    zph[[length(zph) + 1]] <- c(spec, list(
      transform = transform, chisq = box(z$table[, "chisq"]), df = box(z$table[, "df"]), names = box(rownames(z$table)),
      # One number per term that depends on every scaled residual and on its transformed time.
      moment = box(colSums(cbind(e$y) * e$x, na.rm = TRUE)), square = box(colSums(cbind(e$y)^2, na.rm = TRUE)),
      columns = box(colnames(e$y))))
  }
save_json(zph, "schoenfeld.json")

# ---------------------------------------------------------------- restricted mean
rmst <- list()
for (case in list(list("lung", "sex", c(180, 365, 800)), list("leukaemia", "is_6mp", c(10, 23)), list("monthly", "x", c(12, 30)),
                  list("channing", "woman", c(900, 1000)))) for (tau in case[[3]]) {
  d <- frames[[case[[1]]]]
  f <- survfit(as.formula(paste(response(d), "~", case[[2]])), d)
  # Counting from 0 also where follow-up begins late; the curve is 1 until the first death.
  t <- survival:::survmean(f, rmean = tau)$matrix
  rmst[[length(rmst) + 1]] <- list(data = case[[1]], group = case[[2]], tau = tau, mean = box(t[, "rmean"]),
                                   se = box(t[, "se(rmean)"]))
}
save_json(list(restricted_mean = rmst), "time_scale.json")

# ---------------------------------------------------------------- Firth
# coxph() at fixed coefficients gives the log-likelihood and the information; the penalised likelihood is maximised
# and profiled here by general-purpose optimisers, a route that shares nothing with a modified score.
firth <- list()
penalised <- function(beta, f, d, ties) {
  fixed <- coxph(f, d, ties = ties, init = beta, control = coxph.control(iter.max = 0))
  # coxph() reports the inverse information at `init`.
  fixed$loglik[2] - 0.5 * as.numeric(determinant(as.matrix(fixed$var))$modulus)
}
polish <- function(fn, start) {
  if (length(start) == 1) {
    o <- optimize(fn, start + c(-8, 8), maximum = TRUE, tol = 1e-12); return(list(par = o$maximum, value = o$objective))
  }
  o <- list(par = start)
  for (i in 1:6) o <- optim(o$par, fn, method = "BFGS", control = list(fnscale = -1, reltol = 1e-16, maxit = 500))
  o
}
firth_data <- list(
  lung = subset(frames$lung, !is.na(ph.ecog))[1:70, ],
  # Nobody on 6-MP relapses before 6 weeks: up to 5 weeks there are events in one group only.
  leukaemia_5 = with(leukaemia, data.frame(time = pmin(time, 5), event = event * (time <= 5), entry = 0, is_6mp)),
  late = subset(late, entry < time)[1:90, ])
late_few <- firth_data$late; late_few$event[late_few$x == 1] <- 0; firth_data$late_few <- late_few
write.csv(firth_data$lung, "firth_lung.csv", row.names = FALSE, na = "")
write.csv(firth_data$leukaemia_5, "firth_leukaemia_5.csv", row.names = FALSE)
write.csv(firth_data$late, "firth_late.csv", row.names = FALSE)
write.csv(firth_data$late_few, "firth_late_few.csv", row.names = FALSE)
for (case in list(list("lung", c("sex", "age"), NULL), list("leukaemia_5", "is_6mp", NULL), list("late", c("x", "age"), "stratum"),
                  list("late_few", "x", NULL), list("late_few", c("x", "age"), "stratum"))) for (ties in c("efron", "breslow")) {
  d <- firth_data[[case[[1]]]]; p <- length(case[[2]])
  # Centred and scaled, so that the optimiser sees comparable coefficients; undone below: dividing x by s divides the
  # information by s^2, so the penalised log-likelihood of the unscaled data is higher by log(s).
  scale <- sapply(case[[2]], function(v) sd(d[[v]])); for (v in case[[2]]) d[[v]] <- (d[[v]] - mean(d[[v]])) / sd(d[[v]])
  right <- paste(c(case[[2]], if (!is.null(case[[3]])) "strata(stratum)"), collapse = "+")
  f <- as.formula(paste(response(d), "~", right))
  fn <- function(b) penalised(b, f, d, ties)
  best <- polish(fn, rep(0, p))
  profile <- function(b) if (p == 1) fn(b) else polish(function(rest) fn(c(b, rest)), best$par[-1])$value
  target <- best$value - qchisq(0.95, 1) / 2
  root <- function(lo, hi) uniroot(function(b) profile(b) - target, c(lo, hi), tol = 1e-11)$root
  firth[[length(firth) + 1]] <- list(
    data = case[[1]], covariates = as.list(case[[2]]), strata = as.list(case[[3]]), ties = ties, coef = box(best$par / scale),
    penalised_loglik = best$value + sum(log(scale)), null = fn(rep(0, p)) + sum(log(scale)), low = root(best$par[1] - 12, best$par[1]) / scale[[1]],
    high = root(best$par[1], best$par[1] + 12) / scale[[1]], ratio = 2 * (best$value - profile(0)))
}
save_json(firth, "firth.json")

# ---------------------------------------------------------------- exact permutation of the log-rank test (coin)
library(coin)
few <- data.frame(time = c(3, 5, 8, 9, 12, 14, 15, 18, 21, 22, 25, 30, 31, 33, 36, 40),
                  event = c(1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 0, 0),
                  x = c(0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0, 0))
exact <- logrank_test(Surv(time, event) ~ factor(x), few, distribution = "exact", ties.method = "average-scores")
save_json(list(data = few, p = as.numeric(pvalue(exact))), "permutation.json")

# ---------------------------------------------------------------- response
# fisher.test() finds odds ratio and limits with uniroot()'s default tolerance of 1.2e-4; the same equations are
# solved here to 1e-13.
fisher <- function(m) {
  x <- m[1, 1]; k <- sum(m[, 1]); r <- sum(m[1, ]); n <- sum(m)
  support <- max(0, k - (n - r)):min(r, k); log_d <- dhyper(support, r, n - r, k, log = TRUE)
  density <- function(lo) { d <- log_d + lo * support; d <- exp(d - max(d)); d / sum(d) }
  solve_for <- function(g) uniroot(g, c(-40, 40), tol = 1e-13)$root
  edge_low <- x == min(support); edge_high <- x == max(support)
  list(odds_ratio = if (edge_low) 0 else if (edge_high) "Inf" else exp(solve_for(function(l) sum(density(l) * support) - x)),
       low = if (edge_low) 0 else exp(solve_for(function(l) sum(density(l)[support >= x]) - 0.025)),
       high = if (edge_high) "Inf" else exp(solve_for(function(l) sum(density(l)[support <= x]) - 0.025)),
       p = fisher.test(m)$p.value)
}
tables <- list(c(10, 8, 95, 190), c(3, 15, 70, 232), c(0, 12, 30, 90), c(8, 0, 20, 40), c(1, 9, 11, 3), c(50, 40, 300, 500),
               c(2, 3, 4, 5), c(7, 22, 120, 171))
save_json(lapply(tables, function(v) {
  m <- matrix(v, 2, byrow = TRUE); n <- rowSums(m)
  w <- function(i) as.numeric(prop.test(m[i, 1], n[i], correct = FALSE)$conf.int)
  p <- m[, 1] / n; a <- w(1); b <- w(2)
  list(table = m, rate_ci = as.numeric(binom.test(m[1, 1], n[1])$conf.int), wilson = a,
       newcombe = c(p[1] - p[2] - sqrt((p[1] - a[1])^2 + (b[2] - p[2])^2), p[1] - p[2] + sqrt((a[2] - p[1])^2 + (p[2] - b[1])^2)),
       fisher = fisher(m), chisq = unname(suppressWarnings(chisq.test(m, correct = FALSE))$statistic),
       chisq_yates = unname(suppressWarnings(chisq.test(m))$statistic))
}), "response.json")
