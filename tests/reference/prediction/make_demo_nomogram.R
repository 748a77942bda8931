# Reference values for the nomogram of the demo, from the people that the graph puts into it (demo_nomogram.csv, made by
# export_demo_nomogram.py). Run in this folder: Rscript make_demo_nomogram.R   (rms, survival, maxstat)
suppressMessages({library(rms); library(survival); library(maxstat); library(jsonlite)})
all <- read.csv("demo_nomogram.csv")
for (g in c("TP53_mutated", "IGF1R_mutated")) all[[g]] <- factor(all[[g]], levels = c("wild-type", "mutated"))
d <- all[all$population == "discovery", ]; v <- all[all$population == "validation", ]
form <- Surv(time_months, event) ~ TP53_mutated + IGF1R_mutated + burden_percentile
dd <- datadist(d); options(datadist = "dd"); units(d$time_months) <- "Month"
f <- cph(form, d, x = TRUE, y = TRUE, surv = TRUE, time.inc = 12, eps = 1e-12, tol = 1e-13)
fit <- coxph(form, d, control = coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 60))
nom <- nomogram(f, burden_percentile = seq(0, 100, 10), lp = TRUE)
info <- attr(nom, "info")
points <- lapply(nom[c("TP53_mutated", "IGF1R_mutated", "burden_percentile")], function(a) a$points)

# Total points of everybody: rms's scale on coxph's own linear predictor (not centred).
beta <- coef(fit)
raw <- function(x) model.matrix(form[-2], x)[, -1] %*% beta
# An axis at 0 points is its lowest effect, which for burden is at an end of its axis, 0 or 100.
zero <- sum(pmin(0, beta[1]), pmin(0, beta[2]), min(0, 100 * beta[3]))
d$points <- as.vector(raw(d) - zero) * info$sc; v$points <- as.vector(raw(v) - zero) * info$sc

survival_at <- function(x, t) { s <- summary(survfit(fit, newdata = x), times = t, extend = TRUE); as.vector(s$surv) }
c_of <- function(x) unname(1 - concordance(Surv(time_months, event) ~ points, x)$concordance)

# maxstat with its own scores; the statistic with the scores of the usual log-rank test; p by its three roads.
run <- function(p, ...) suppressWarnings(maxstat.test(Surv(time_months, event) ~ points, d, smethod = "LogRank", pmethod = p, ...))
m <- run("Lau94"); set.seed(1); gauss <- run("exactGauss", abseps = 1e-6, maxpts = 2e6); set.seed(1); mc <- run("condMC", B = 50000)
score <- residuals(coxph(Surv(time_months, event) ~ 1, d, ties = "breslow"), "martingale")
x <- round(d$points, 9); o <- order(x); a <- score[o]; n <- nrow(d)
size <- which(!duplicated(x[o], fromLast = TRUE)); size <- size[size >= max(1, floor(n * 0.1)) & size <= floor(n * 0.9)]
z <- abs(cumsum(a)[size] - size * mean(a)) / sqrt(size * (n - size) / n * var(a)); cut <- x[o][size[which.max(z)]]

# Low against high by the cut: log-rank, and its ratio of observed over expected with SE = sqrt(1/Ea + 1/Eb).
low_high <- function(d, strata) {
  d$low <- round(d$points, 9) <= cut
  s <- if (strata == "") survdiff(Surv(time_months, event) ~ low, d) else survdiff(as.formula(paste("Surv(time_months, event) ~ low + strata(", strata, ")")), d)
  sums <- function(m) if (is.matrix(m)) rowSums(m) else m
  ob <- sums(s$obs); ex <- sums(s$exp); hr <- (ob[2] / ex[2]) / (ob[1] / ex[1]); se <- sqrt(sum(1 / ex))
  list(n_low = sum(d$low), hr = hr, ci = exp(log(hr) + c(-1, 1) * qnorm(0.975) * se), p = pchisq(s$chisq, 1, lower.tail = FALSE))
}

# Observed survival in fifths of the predicted, as Kaplan-Meier at the horizon.
groups <- function(x, t) {
  s <- survival_at(x, t); g <- findInterval(s, quantile(s, seq(0, 1, 0.2)), rightmost.closed = TRUE)
  km <- sapply(1:5, function(k) summary(survfit(Surv(time_months, event) ~ 1, x[g == k, ]), times = t, extend = TRUE)$surv)
  list(n = as.vector(table(g)), predicted = as.vector(tapply(s, g, mean)), observed = km)
}

out <- list(
  coefficients = unname(beta), se = unname(sqrt(diag(vcov(fit)))), points_per_unit = info$sc, points = points,
  total_points = list(discovery = d$points, validation = v$points),
  survival = list(discovery = list(m12 = survival_at(d, 12), m24 = survival_at(d, 24)), validation = list(m12 = survival_at(v, 12), m24 = survival_at(v, 24))),
  c_index = list(discovery = c_of(d), validation = c_of(v)),
  slope_validation = unname(coef(coxph(Surv(time_months, event) ~ I(points / info$sc), v))),
  maxstat = list(statistic = unname(m$statistic), cut = unname(m$estimate), lau94 = m$p.value, gauss = unname(as.numeric(gauss$p.value)), condmc = mc$p.value),
  statistic_nelson_aalen = max(z), cut = cut,
  low_high = list(discovery = low_high(d, "cohort_id"), validation = low_high(v, "cancer_type")),
  calibration = list(discovery = list(m12 = groups(d, 12), m24 = groups(d, 24)), validation = list(m12 = groups(v, 12), m24 = groups(v, 24))))
write(toJSON(out, digits = NA, auto_unbox = TRUE, null = "null"), "demo_nomogram.json")
