{{- /* What the schema cannot say; each refusal names the value. */ -}}
{{- define "tis-esr.checks" -}}
{{- $known := .Files.Get "files/services.json" | fromJson -}}
{{- $names := list -}}
{{- $running := list -}}
{{- $callers := int .Values.console.replicas -}}
{{- $console := gt (int .Values.console.replicas) 0 -}}
{{- range $group := .Values.processes -}}
  {{- $of := dict "root" $ "group" $group -}}
  {{- if has $group.name $names -}}{{- fail (printf "processes: two entries have the name %s" $group.name) -}}{{- end -}}
  {{- $names = append $names $group.name -}}
  {{- $calls := false -}}
  {{- range $service := include "tis-esr.services" $of | fromJsonArray -}}
    {{- $running = append $running $service -}}
    {{- if (get $known $service).callsTcs -}}{{- $calls = true -}}{{- end -}}
  {{- end -}}
  {{- if $calls -}}{{- $callers = add $callers (include "tis-esr.most" $of | int) -}}{{- end -}}
  {{- if $group.console -}}{{- $console = true -}}{{- end -}}
  {{- if and $group.maxReplicas (lt (int $group.maxReplicas) (int $group.replicas)) -}}
    {{- fail (printf "processes: maxReplicas of %s is below its replicas" $group.name) -}}
  {{- end -}}
{{- end -}}
{{- range $service := keys $known | sortAlpha -}}
  {{- if not (has $service $running) -}}{{- fail (printf "processes: no entry runs %s" $service) -}}{{- end -}}
{{- end -}}
{{- $calls := mul $callers (int .Values.tcs.concurrencyPerProcess) -}}
{{- if gt $calls (int64 .Values.tcs.concurrencyTotal) -}}
  {{- fail (printf "tcs: up to %d processes call TCS, each with %d calls at once: %d, above concurrencyTotal %d; lower concurrencyPerProcess, replicas or maxReplicas" (int $callers) (int .Values.tcs.concurrencyPerProcess) (int $calls) (int .Values.tcs.concurrencyTotal)) -}}
{{- end -}}
{{- if $console -}}
  {{- range list "TIS_ESR_CONSOLE_URL" "TIS_ESR_CONSOLE_OIDC_ISSUER" "TIS_ESR_CONSOLE_OIDC_CLIENT_ID" -}}
    {{- if not (hasKey $.Values.settings .) -}}{{- fail (printf "settings: the console needs %s" .) -}}{{- end -}}
  {{- end -}}
  {{- if not (has "TIS_ESR_CONSOLE_OIDC_CLIENT_SECRET" .Values.secret.keys) -}}{{- fail "secret.keys: the console needs TIS_ESR_CONSOLE_OIDC_CLIENT_SECRET" -}}{{- end -}}
{{- end -}}
{{- if and .Values.networkPolicy.enabled (not .Values.networkPolicy.egress) -}}
  {{- $allowed := list -}}
  {{- range .Values.networkPolicy.egressPorts -}}{{- $allowed = append $allowed (int .) -}}{{- end -}}
  {{- range $name, $port := include "tis-esr.ports" . | fromJson -}}
    {{- if not (has (int $port) $allowed) -}}
      {{- fail (printf "networkPolicy: %s needs port %d, which egressPorts lacks; add it, or a rule to egress" $name (int $port)) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if and .Values.autoscaling.enabled (not .Values.autoscaling.prometheusUrl) -}}{{- fail "autoscaling: prometheusUrl is missing" -}}{{- end -}}
{{- if and .Values.externalSecret.enabled (not .Values.externalSecret.store) -}}{{- fail "externalSecret: store is missing" -}}{{- end -}}
{{- end -}}
