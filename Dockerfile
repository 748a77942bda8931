# One image for the code location, the web server and the daemon of compose.yaml.
FROM python:3.11-slim-bookworm

RUN useradd --uid 1000 --create-home icb && mkdir -p /data/dagster
WORKDIR /opt/icb-warehouse

COPY requirements.lock ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock

COPY . .
# A named volume that is mounted on /data for the first time takes over this folder and its owner.
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation -e . \
    && python -m analytics.warm_up \
    && cp deploy/dagster.yaml /data/dagster/dagster.yaml \
    && chown -R icb:icb /data /opt/icb-warehouse

USER 1000
ENV ICB_DATA=/data DAGSTER_HOME=/data/dagster DO_NOT_TRACK=1 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 3000 4000
CMD ["icb", "--help"]
