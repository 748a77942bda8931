# Reference values for analytics/prediction: nomogram, optimism, calibration, Brier score.
# Run in this folder: Rscript make_prediction.R   (rms 6.5-0, survival 3.5-3, riskRegression 2022.11.28, R 4.2.2)
suppressMessages({library(rms); library(survival); library(riskRegression); library(jsonlite)})
set.seed(11)
n <- 180; B <- 40
make <- function(n) {
  d <- data.frame(age = round(rnorm(n, 61, 10)), tmb = round(rexp(n, 1 / 8), 1),
                  cancer = sample(c("lung", "melanoma", "renal"), n, TRUE), sex = sample(c("F", "M"), n, TRUE))
  rate <- 0.03 * exp(0.02 * (d$age - 60) - 0.08 * d$tmb + 0.5 * (d$cancer == "renal") + 0.2 * (d$sex == "M"))
  t <- rexp(n, rate); c <- runif(n, 4, 60)
  # Half months: many ties among deaths and between deaths and censored people.
  d$time_months <- pmax(0.5, ceiling(2 * pmin(t, c)) / 2); d$event <- as.integer(t <= c)
  d
}
d <- make(n)
external <- make(120)
control <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 60)
form <- Surv(time_months, event) ~ age + log2(tmb + 1) + cancer + sex
full <- coxph(form, d, control = control, x = TRUE)
base <- survfit(full)          # at the mean of the covariates, Efron form
at <- function(fit, t) summary(fit, times = t, extend = TRUE)

# Nomogram by rms on its own axis values.
dd <- datadist(d); options(datadist = "dd"); units(d$time_months) <- "Month"
f <- cph(Surv(time_months, event) ~ age + log2(tmb + 1) + cancer + sex, d, x = TRUE, y = TRUE, surv = TRUE, time.inc = 12, eps = 1e-12, tol = 1e-13)
axes <- list(age = seq(30, 90, 10), tmb = c(0, 1, 2, 4, 8, 16, 32, 64))
S <- Survival(f)
nom <- nomogram(f, age = axes$age, tmb = axes$tmb, fun = list(function(lp) S(12, lp), function(lp) S(24, lp)),
                funlabel = c("s12", "s24"), fun.at = c(0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8), lp = TRUE)
points <- lapply(nom[c("age", "tmb", "cancer", "sex")], function(a) a$points)
info <- attr(nom, "info")
nomogram_ref <- list(axes = axes, points = points, points_per_unit = info$sc, intercept = info$Intercept,
  survival = lapply(c(12, 24), function(t) list(horizon = t, lp = seq(-1.2, 1.2, 0.4), survival = S(t, seq(-1.2, 1.2, 0.4)))))

# Optimism with stored resamples: rms::validate and rms::calibrate draw sample(n, replace = TRUE) once per
# repetition and nothing else, so the same seed gives the same rows here.
set.seed(5); index <- t(replicate(B, sample(n, replace = TRUE)))
set.seed(5); val <- unclass(rms::validate(f, B = B, dxy = TRUE))
cuts <- quantile(f$surv.summary[2, 1, 1]^exp(f$linear.predictors), seq(0, 1, 0.25)); cuts[1] <- 0; cuts[5] <- 1
set.seed(5); cal <- unclass(rms::calibrate(f, cmethod = "KM", u = 12, cuts = cuts, B = B))

# basehaz() of a model with nothing but an offset gives the hazard at the mean offset, also when not centred.
baseline <- function(offset, dat) {
  bh <- basehaz(coxph(Surv(dat$time_months, dat$event) ~ offset(offset), control = control), centered = FALSE)
  bh$hazard <- bh$hazard * exp(-mean(offset)); bh
}
c_of <- function(lp, dat) 1 - concordance(Surv(time_months, event) ~ lp, dat)$concordance
brier_of <- function(surv, dat, t) {
  # Graf 1999 by hand: censoring curve with deaths leaving first at ties.
  u <- sort(unique(dat$time_months)); G <- 1; g <- numeric(length(u))
  for (k in seq_along(u)) {
    r <- sum(dat$time_months >= u[k]); de <- sum(dat$time_months == u[k] & dat$event == 1); ce <- sum(dat$time_months == u[k] & dat$event == 0)
    if (ce > 0) G <- G * (1 - ce / (r - de)); g[k] <- G
  }
  before <- function(x) { k <- sum(u < x); if (k == 0) 1 else g[k] }
  upto <- function(x) { k <- sum(u <= x); if (k == 0) 1 else g[k] }
  w <- sapply(seq_len(nrow(dat)), function(i) {
    if (dat$time_months[i] <= t) { if (dat$event[i] == 1) 1 / before(dat$time_months[i]) else 0 } else 1 / upto(t)
  })
  mean(w * (as.numeric(dat$time_months > t) - surv)^2)
}
one <- function(rows) {
  dat <- d[rows, ]
  x <- model.matrix(~ age + log2(tmb + 1) + cancer + sex, d)[, -1]
  fit <- coxph.fit(x[rows, ], Surv(dat$time_months, dat$event), NULL, NULL, NULL, control, NULL, "efron", 1:n)
  lp <- drop(x %*% fit$coefficients); lp <- lp - mean(lp)
  slope <- coef(coxph(Surv(d$time_months, d$event) ~ lp, control = control))
  bh <- baseline(lp[rows], dat)
  res <- c(c_of(lp[rows], dat), c_of(lp, d), unname(slope))
  for (t in c(12, 24)) {
    h <- max(c(0, bh$hazard[bh$time <= t]))
    s <- exp(-h * exp(lp))
    res <- c(res, brier_of(s[rows], dat, t), brier_of(s, d, t))
  }
  res
}
loop <- t(apply(index, 1, one))
apparent <- one(seq_len(n))

# Calibration at 12 months by groups of predicted survival, the same resamples, converged fits, by hand.
errors <- function(s, dat) sapply(1:4, function(g) {
  inside <- findInterval(s, cuts, rightmost.closed = TRUE) == g
  if (sum(inside) < 1 || max(dat$time_months[inside]) < 12) return(NA)
  summary(survfit(Surv(time_months, event) ~ 1, dat[inside, ]), times = 12, extend = TRUE)$surv - mean(s[inside])
})
one_calibration <- function(rows) {
  dat <- d[rows, ]
  x <- model.matrix(~ age + log2(tmb + 1) + cancer + sex, d)[, -1]
  fit <- coxph.fit(x[rows, ], Surv(dat$time_months, dat$event), NULL, NULL, NULL, control, NULL, "efron", 1:n)
  lp <- drop(x %*% fit$coefficients); lp <- lp - mean(lp)
  bh <- baseline(lp[rows], dat)
  s <- exp(-max(c(0, bh$hazard[bh$time <= 12])) * exp(lp))
  c(errors(s[rows], dat), errors(s, d))
}
loop_calibration <- t(apply(index, 1, one_calibration))

# External cohort: riskRegression's Brier score and IPA of the frozen model.
lp_ext <- predict(full, external); surv_ext <- sapply(c(12, 24), function(t) at(base, t)$surv^exp(lp_ext))
score <- Score(list(model = 1 - surv_ext), formula = Surv(time_months, event) ~ 1, data = external, times = c(12, 24),
               metrics = "brier", summary = "ipa", cens.model = "km", null.model = TRUE, se.fit = FALSE)
brier <- as.data.frame(score$Brier$score)
km <- function(dat, t) summary(survfit(Surv(time_months, event) ~ 1, dat), times = t, extend = TRUE)$surv
group <- cut(surv_ext[, 1], quantile(surv_ext[, 1], seq(0, 1, 0.25)), include.lowest = TRUE, right = FALSE, labels = FALSE)
slope_ext <- coxph(Surv(time_months, event) ~ lp_ext, external, control = control)
external_ref <- list(
  data = external, lp = unname(lp_ext), survival = surv_ext,
  c_index = c_of(lp_ext, external), slope = unname(coef(slope_ext)),
  brier_model = brier$Brier[brier$model == "model"], brier_null = brier$Brier[brier$model == "Null model"],
  ipa = brier$IPA[brier$model == "model"],
  brier_by_hand = sapply(1:2, function(k) brier_of(surv_ext[, k], external, c(12, 24)[k])),
  km_groups = sapply(1:4, function(g) km(external[group == g, ], 12)), predicted_groups = tapply(surv_ext[, 1], group, mean))

write(toJSON(list(
  data = d, model = list(coefficients = unname(coef(full)), se = unname(sqrt(diag(vcov(full)))), loglik = full$loglik,
    lp = unname(full$linear.predictors), times = base$time, cumhaz = base$cumhaz),
  nomogram = nomogram_ref,
  optimism = list(resamples = index - 1, apparent = apparent, loop = loop,
    validate = list(rows = rownames(val), columns = colnames(val), values = val)),
  calibrate = list(cuts = unname(cuts), columns = colnames(cal), values = matrix(cal, nrow(cal)), loop = loop_calibration),
  external = external_ref), digits = NA, na = "null", auto_unbox = TRUE), "prediction.json")
