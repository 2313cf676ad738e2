# syntax=docker/dockerfile:1.7
# The images of MTRec, from one file:
#   docker build --target service -t mtrec-service:0.1.0 .
#   docker build --target trainer -t mtrec-trainer:0.1.0 .       the command line and the worker
#   docker build --target trainer-mpi -t mtrec-trainer-mpi:0.1.0 .     the same with Open MPI and sshd, for deploy/k8s/training
# For a release: --build-arg VERSION=... --build-arg REVISION=$(git rev-parse HEAD) --build-arg SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
#   --sbom=true --provenance=mode=max, and put the digests of the base images behind their tags.
# Not run where it was written: there is no container engine there. What tests check of it is listed in the README, Deploy.
# ONNX Runtime and TorchSharp are the official NuGet packages here, not the substitutes that deploy/local/setup.sh may choose; TorchSharp's
# native library is for x86-64.
ARG SDK_VERSION=10.0.401
ARG RUNTIME_VERSION=10.0.12
ARG VERSION=0.1.0
ARG REVISION=unknown

FROM mcr.microsoft.com/dotnet/sdk:${SDK_VERSION}-noble AS source
ENV DOTNET_NOLOGO=1 \
    DOTNET_CLI_TELEMETRY_OPTOUT=1
# Always the same folder: compiled paths are part of the binaries.
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/ src/
ARG PUBLISH="-c Release -o /out -r linux-x64 --no-self-contained -p:UseAppHost=false -p:OnnxRuntimeProvider=nuget -p:TorchProvider=nuget"

# Packages stay in the builder's cache, so that a changed source downloads nothing. PUBLISH is split into words on purpose.
FROM source AS build-service
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages,sharing=locked dotnet publish src/MTRec.Serving ${PUBLISH}

FROM source AS build-trainer
RUN --mount=type=cache,id=nuget,target=/root/.nuget/packages,sharing=locked dotnet publish src/MTRec.Trainer ${PUBLISH}

FROM mcr.microsoft.com/dotnet/aspnet:${RUNTIME_VERSION}-noble AS trainer
WORKDIR /work
# Folders that volumes are mounted on are made before the switch of user, so that the volumes belong to that user.
RUN mkdir -p /registry /state && chown "$APP_UID" /work /registry /state
COPY --from=build-trainer /out /app
USER $APP_UID
VOLUME ["/registry", "/state"]
ENTRYPOINT ["dotnet", "/app/mtrec.dll"]
CMD ["--help"]
ARG VERSION REVISION
LABEL org.opencontainers.image.title="mtrec-trainer" \
      org.opencontainers.image.description="MTRec: the trainer's command line and the worker" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="mcr.microsoft.com/dotnet/aspnet:10.0.12-noble"

# Kubeflow's MPI operator reaches the workers by ssh: as the image's user, at port 2222, with the keys that it mounts at /home/app/.ssh.
FROM trainer AS trainer-mpi
USER root
RUN apt-get update \
 && apt-get install -y --no-install-recommends openmpi-bin openssh-client openssh-server \
 && rm -rf /var/lib/apt/lists/* \
 && printf '%s\n' 'Host *' '  Port 2222' '  StrictHostKeyChecking no' '  UserKnownHostsFile /dev/null' > /etc/ssh/ssh_config.d/mtrec.conf \
 && printf '%s\n' 'Port 2222' 'HostKey /home/app/.ssh/id_rsa' 'PidFile /tmp/sshd.pid' 'StrictModes no' 'PasswordAuthentication no' > /home/app/sshd_config
USER $APP_UID
# A job names its own command, mpirun in the launcher; a worker waits for it.
ENTRYPOINT []
CMD ["/usr/sbin/sshd", "-De", "-f", "/home/app/sshd_config"]
LABEL org.opencontainers.image.title="mtrec-trainer-mpi" \
      org.opencontainers.image.description="MTRec: training over MPI"

# The last one: what is built where no target is named.
FROM mcr.microsoft.com/dotnet/aspnet:${RUNTIME_VERSION}-noble AS service
WORKDIR /work
# A deployment mounts its settings at /config; the link makes them the service's own (appsettings.Production.json, beside the binaries). Only
# polling follows a link whose target is replaced, which is how Kubernetes changes a mounted ConfigMap.
RUN mkdir -p /app /config /registry /var/lib/mtrec/events \
 && chown -R "$APP_UID" /registry /var/lib/mtrec \
 && ln -s /config/appsettings.json /app/appsettings.Production.json
COPY --from=build-service /out /app
COPY --chown=$APP_UID deploy/registry /registry
USER $APP_UID
ENV ASPNETCORE_URLS=http://+:5080 \
    DOTNET_USE_POLLING_FILE_WATCHER=1 \
    Registry__Path=/registry \
    EventLog__Folder=/var/lib/mtrec/events
EXPOSE 5080
VOLUME ["/var/lib/mtrec"]
# Through bash, for the image has no HTTP client. The root file system may be read-only; the runtime wants a /tmp.
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5080 && printf 'GET /health/ready HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
# The process is PID 1: SIGTERM reaches it, it drains, finishes what runs and writes out what waits.
ENTRYPOINT ["dotnet", "/app/MTRec.Serving.dll"]
ARG VERSION REVISION
LABEL org.opencontainers.image.title="mtrec-service" \
      org.opencontainers.image.description="MTRec: online ranking for feeds" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="mcr.microsoft.com/dotnet/aspnet:10.0.12-noble"
