# defacto as a container: docker run -v defacto:/data -p 8080:8080 defacto record \
#   --listen 0.0.0.0:8080 --upstream http://orders:9000 --producer orders

FROM python:3.13-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends build-essential \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY cli cli
COPY contract contract
COPY examples examples
COPY inference inference
COPY proxy proxy
COPY reports reports
COPY store store
RUN python -m venv /opt/defacto \
 && /opt/defacto/bin/pip install --no-cache-dir '.[demo,parquet,postgres]'

FROM python:3.13-slim
COPY --from=build /opt/defacto /opt/defacto
RUN useradd --system --uid 10001 --no-create-home --home-dir /data defacto \
 && install --directory --owner=defacto --group=defacto /data
ENV PATH=/opt/defacto/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DEFACTO_STORE=/data/defacto.db
USER defacto
WORKDIR /data
VOLUME /data
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s CMD ["defacto", "doctor"]
ENTRYPOINT ["defacto"]
CMD ["--help"]
