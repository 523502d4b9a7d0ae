# defacto as a container. docs/deploying.md says where to put it.
#
#   docker build -t defacto:0.1.0 .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --stop-timeout 60 -v defacto:/data -p 8080:8080 defacto:0.1.0 \
#     record --listen 0.0.0.0:8080 --upstream http://orders:9000 --producer orders
#
# It writes to /data (the store, and the redaction key where no other is named) and to /tmp (counters and sockets of
# its processes), and nowhere else. It has no HEALTHCHECK: most commands serve nothing. examples/deploy has one for `record`.

FROM python:3.13-slim AS build
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
# No user is made: a number is all that the system needs, and all that `runAsNonRoot` can check.
RUN install --directory --owner=10001 --group=10001 --mode=0750 /data
# The state directory is named because a user without a name may have no home.
ENV PATH=/opt/defacto/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    XDG_STATE_HOME=/data/.local/state
USER 10001:10001
# The default store, defacto.db, is made in the working directory. (DEFACTO_STORE would overrule a `[store]` that is mounted.)
WORKDIR /data
VOLUME /data
ENTRYPOINT ["defacto"]
CMD ["--help"]
