# syntax=docker/dockerfile:1
# Two images from one file: the service (default) and the trainer.
#   docker build --target service -t mtrec-service .
#   docker build --target trainer -t mtrec-trainer .
# Written with care, not yet run: the machine this was made on has no container engine.
# ONNX Runtime and TorchSharp are the official NuGet packages here, not the substitutes that deploy/local/setup.sh may choose.

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/ src/
ARG PROVIDERS="-p:OnnxRuntimeProvider=nuget -p:TorchProvider=nuget"
# The providers' properties are split into words on purpose.
RUN dotnet publish src/MTRec.Serving -c Release -o /out/service ${PROVIDERS} \
 && dotnet publish src/MTRec.Trainer -c Release -o /out/trainer ${PROVIDERS}

FROM mcr.microsoft.com/dotnet/runtime:10.0 AS trainer
WORKDIR /work
RUN mkdir -p /registry && chown "$APP_UID" /work /registry
COPY --from=build /out/trainer /app
USER $APP_UID
VOLUME ["/registry"]
ENTRYPOINT ["dotnet", "/app/mtrec.dll"]
CMD ["--help"]

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS service
WORKDIR /work
# The event log's folder is made before the switch of user, so that a volume mounted there belongs to that user.
RUN mkdir -p /var/lib/mtrec/events && chown -R "$APP_UID" /work /var/lib/mtrec
COPY --from=build /out/service /app
COPY deploy/registry /registry
USER $APP_UID
ENV ASPNETCORE_URLS=http://+:5080 \
    Registry__Path=/registry \
    EventLog__Folder=/var/lib/mtrec/events
EXPOSE 5080
VOLUME ["/var/lib/mtrec"]
# The image has no HTTP client for a HEALTHCHECK; orchestrators ask /health/live and /health/ready from outside.
# The process is PID 1: SIGTERM reaches it, it finishes what runs and writes out what waits.
ENTRYPOINT ["dotnet", "/app/MTRec.Serving.dll"]
