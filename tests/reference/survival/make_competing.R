# Cumulative incidence of two causes by R's survival (Aalen-Johansen), of mgus2 (in the package): progression to a plasma
# cell malignancy, death without it competes. Standard errors of survfit are infinitesimal-jackknife ones.
# Rscript make_competing.R <folder>
library(survival)
out <- commandArgs(trailingOnly = TRUE)[1]
d <- mgus2[, c("id", "sex", "ptime", "pstat", "futime", "death")]
d$time <- d$ptime
d$cause <- factor(ifelse(d$pstat == 1, 1, ifelse(d$death == 1, 2, 0)), 0:2, c("censored", "pcm", "death"))
d$in_group <- as.integer(d$sex == "F")
d$entry <- pmin((d$id %% 5) * 3, d$time - 1)  # some come under observation later
d <- d[d$time > 1 & d$entry >= 0, ]
write.csv(data.frame(time_months = d$time, entry_months = d$entry, event = as.integer(d$cause == "pcm"),
                     is_competing_death = as.integer(d$cause == "death"), in_group = d$in_group),
          file.path(out, "competing.csv"), row.names = FALSE)
at <- c(24, 60, 120)
of <- function(fit) {
  s <- summary(fit, times = at)
  rows <- lapply(seq_along(s$time), function(k) sprintf(
    '{"in_group": %d, "months": %g, "share": %.15g, "se": %.15g, "competing_share": %.15g}',
    as.integer(sub("in_group=", "", s$strata[k])), s$time[k], s$pstate[k, 2], s$std.err[k, 2], s$pstate[k, 3]))
  paste0("[", paste(rows, collapse = ",\n  "), "]")
}
plain <- survfit(Surv(time, cause) ~ in_group, data = d, id = id)
late <- survfit(Surv(entry, time, cause) ~ in_group, data = d, id = id)
writeLines(paste0('{"plain": ', of(plain), ',\n "late_entry": ', of(late), "}"), file.path(out, "competing.json"))
