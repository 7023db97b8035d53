{{- define "tis-esr.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tis-esr.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tis-esr.labels" -}}
{{ include "tis-esr.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | replace "+" "_" | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- /* The services of an entry of processes: those it names, else all. */ -}}
{{- define "tis-esr.services" -}}
{{- $known := .root.Files.Get "files/services.json" | fromJson -}}
{{- .group.services | default (keys $known | sortAlpha) | toJson -}}
{{- end -}}

{{- /* The most processes of an entry: with autoscaling its maxReplicas. */ -}}
{{- define "tis-esr.most" -}}
{{- if include "tis-esr.scales" . -}}{{ .group.maxReplicas }}{{- else -}}{{ .group.replicas }}{{- end -}}
{{- end -}}

{{- define "tis-esr.scales" -}}
{{- if and .root.Values.autoscaling.enabled (gt (.group.maxReplicas | default 0 | int) (.group.replicas | int)) -}}yes{{- end -}}
{{- end -}}

{{- /* The Deployment of the console alone, as an entry of processes. */ -}}
{{- define "tis-esr.console" -}}
{{- if gt (int .Values.console.replicas) 0 -}}
{{- list (dict "name" "console" "only" true "services" list "replicas" .Values.console.replicas "resources" .Values.console.resources) | toJson -}}
{{- else -}}[]{{- end -}}
{{- end -}}

{{- /* The port that each setting connects to, by the setting. Addresses in secrets are not known here. */ -}}
{{- define "tis-esr.ports" -}}
{{- $settings := .Values.settings -}}
{{- $ports := dict -}}
{{- range $name := list "TIS_ESR_TCS_URL" "TIS_ESR_TCS_TOKEN_URL" "TIS_ESR_S3_ENDPOINT" "TIS_ESR_CONSOLE_OIDC_ISSUER" "TIS_ESR_TRACES_ENDPOINT" -}}
  {{- with get $settings $name -}}
    {{- $url := urlParse . -}}
    {{- $port := regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary "443" "80" (eq $url.scheme "https")) -}}
    {{- $_ := set $ports $name (int $port) -}}
  {{- end -}}
{{- end -}}
{{- if $settings.TIS_ESR_SFTP_HOST -}}{{- $_ := set $ports "TIS_ESR_SFTP_HOST" (int ($settings.TIS_ESR_SFTP_PORT | default 22)) -}}{{- end -}}
{{- if $settings.TIS_ESR_SMTP_HOST -}}{{- $_ := set $ports "TIS_ESR_SMTP_HOST" (int ($settings.TIS_ESR_SMTP_PORT | default 587)) -}}{{- end -}}
{{- toJson $ports -}}
{{- end -}}
