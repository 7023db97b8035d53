# Two stages, so that sources and build tools are not in the final image.
# For a release, PYTHON_IMAGE has a digest: docs/how-to/release.md.
ARG PYTHON_IMAGE=python:3.11-slim
FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
COPY requirements-build.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements-build.txt
COPY pyproject.toml README.md LICENSE ./
COPY src ./src
RUN hatchling build -t wheel -d /wheels

FROM ${PYTHON_IMAGE}
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY requirements.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/requirements.txt
COPY --from=build /wheels /tmp/wheels
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps /tmp/wheels/*.whl \
 && useradd --uid 10001 --create-home --home-dir /var/lib/tis-esr --shell /usr/sbin/nologin tis-esr \
 && install --directory --owner tis-esr --group tis-esr /data
USER tis-esr
WORKDIR /var/lib/tis-esr
EXPOSE 8080
ENTRYPOINT ["tis-esr"]
