# The base needs python3 >= 3.11 with venv and pip; any Debian-like image of yours will do: --build-arg BASE=...
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
WORKDIR /src
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python3 -m venv /opt/inspection
COPY constraints-run.txt constraints-sat.txt ./
RUN /opt/inspection/bin/pip install --require-hashes -r constraints-run.txt \
 && { /opt/inspection/bin/pip install --require-hashes --only-binary :all: -r constraints-sat.txt \
      || echo "python-sat has no wheel for this machine: CP-SAT takes its place, more slowly"; }
COPY pyproject.toml README.md LICENSE ./
COPY api api
COPY notifications notifications
COPY scheduler scheduler
COPY solver solver
RUN /opt/inspection/bin/pip install --no-deps --no-build-isolation .

FROM ${BASE} AS run
LABEL org.opencontainers.image.title="inspection-scheduler" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/inspection /opt/inspection
ENV PATH=/opt/inspection/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
WORKDIR /tmp
# A number, not a name: nothing has to be added to the base, and a runtime can see that it is not root.
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["inspection", "health"]
CMD ["inspection", "web", "--host", "0.0.0.0", "--port", "8000"]
