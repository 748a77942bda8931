# Landmark, administrative censoring, time zero at entry, delayed entry used and ignored, by R's survival.
# Rscript make_time_rules.R <nsclc_dx_1st_seq_OS.csv of MSK-CHORD> > time_rules.json
# (R 4.2.2, survival 3.5-3). The lung file is read by whoever runs this and is not kept here.
suppressMessages(library(survival))
f <- function(x) formatC(x, digits = 15, format = "g")
cox <- function(s, x) {
  m <- coxph(s ~ x, ties = "efron", control = coxph.control(eps = 1e-11, iter.max = 30))
  sprintf('{"coef": %s, "se": %s, "n": %d, "events": %d}', f(coef(m)[[1]]), f(sqrt(vcov(m)[1, 1])), m$n, m$nevent)
}
median_of <- function(s) { m <- summary(survfit(s ~ 1, conf.type = "log-log"))$table; f(m[["median"]]) }
d <- read.csv("late.csv"); d <- data.frame(time_months = d$time, event = d$event, entry_months = d$entry, in_group = d$x)
rows <- list()
late <- d[d$entry_months < d$time_months, ]
rows$entry_used <- cox(Surv(late$entry_months, late$time_months, late$event), late$in_group)
rows$entry_ignored <- cox(Surv(d$time_months, d$event), d$in_group)
started <- d[d$time_months > d$entry_months, ]
rows$start_at_entry <- cox(Surv(started$time_months - started$entry_months, started$event), started$in_group)
l <- d[d$time_months > 6 & d$entry_months < d$time_months, ]
rows$landmark_6 <- cox(Surv(pmax(l$entry_months - 6, 0), l$time_months - 6, l$event), l$in_group)
cut <- late[late$entry_months < 12, ]
rows$censored_12 <- cox(Surv(cut$entry_months, pmin(cut$time_months, 12), cut$event & cut$time_months <= 12), cut$in_group)
a <- commandArgs(TRUE)[1]
if (!is.na(a)) {
  m <- read.csv(a, check.names = FALSE); m <- m[!duplicated(m$PATIENT_ID), ]
  days <- 30.4375
  used <- Surv(m$entry / days, m$stop / days, m$dead); ignored <- Surv(m$stop / days, m$dead)
  for (gene in c("TP53", "KRAS")) {
    rows[[paste0("chord_", gene, "_used")]] <- cox(used, m[[gene]])
    rows[[paste0("chord_", gene, "_ignored")]] <- cox(ignored, m[[gene]])
  }
  rows$chord_median_used <- median_of(used); rows$chord_median_ignored <- median_of(ignored)
}
cat("{\n", paste(sprintf('  "%s": %s', names(rows), unlist(rows)), collapse = ",\n"), "\n}\n", sep = "")
