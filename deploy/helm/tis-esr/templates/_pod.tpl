{{- /* A pod's spec. root; args: of tis-esr; component; ports: number by name; resources; restartPolicy. Probes are on the first port by name. */ -}}
{{- define "tis-esr.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false  # they would be variables that begin with TIS_ESR_
{{- with .root.Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .restartPolicy }}
restartPolicy: {{ . }}
{{- end }}
terminationGracePeriodSeconds: {{ add 35 (ceil (.root.Values.settings.TIS_ESR_DRAIN_SECONDS | default 25)) }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if .ports }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "tis-esr.selector" $.root | nindent 8 }}
        app.kubernetes.io/component: {{ $.component }}
  {{- end }}
{{- end }}
containers:
  - name: tis-esr
    image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args: {{- toYaml .args | nindent 6 }}
    env:
      {{- include "tis-esr.env" .root | nindent 6 }}
    {{- with .ports }}
    ports:
      {{- range $name, $number := . }}
      - {name: {{ $name }}, containerPort: {{ $number }}}
      {{- end }}
    startupProbe:
      httpGet: {path: /health/live, port: {{ $.probed }}}
      periodSeconds: 2
      failureThreshold: 60
    livenessProbe:
      httpGet: {path: /health/live, port: {{ $.probed }}}
      periodSeconds: 10
      timeoutSeconds: 5
      failureThreshold: 3
    readinessProbe:
      httpGet: {path: /health/ready, port: {{ $.probed }}}
      periodSeconds: 10
      timeoutSeconds: 5
    {{- end }}
    resources: {{- toYaml .resources | nindent 6 }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    volumeMounts:
      - {name: tmp, mountPath: /tmp}
      {{- range .root.Values.files }}
      - {name: {{ .name }}, mountPath: {{ .path }}, readOnly: true}
      {{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: {{ .root.Values.temporaryDisk }}}
  {{- range .root.Values.files }}
  - name: {{ .name }}
    {{- if .secret }}
    secret: {secretName: {{ .secret }}, defaultMode: 0440}
    {{- else }}
    configMap: {name: {{ .configMap }}}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "tis-esr.env" -}}
{{- $own := dict "TIS_ESR_ENGINE" "production" "TIS_ESR_HTTP_HOST" "0.0.0.0" "TIS_ESR_HTTP_PORT" 8080 "TIS_ESR_CONSOLE_HOST" "0.0.0.0" "TIS_ESR_CONSOLE_PORT" 8090 -}}
{{- $_ := set $own "TIS_ESR_TCS_CONCURRENCY" .Values.tcs.concurrencyPerProcess -}}
{{- $_ := set $own "TIS_ESR_TCS_CONCURRENCY_TOTAL" .Values.tcs.concurrencyTotal -}}
{{- $env := list -}}
{{- range $name, $value := merge $own .Values.settings .Values.env -}}
  {{- $env = append $env (dict "name" $name "value" (ternary $value (toJson $value) (kindIs "string" $value))) -}}
{{- end -}}
{{- range .Values.secret.keys -}}
  {{- $env = append $env (dict "name" . "valueFrom" (dict "secretKeyRef" (dict "name" $.Values.secret.name "key" .))) -}}
{{- end -}}
{{- toYaml $env -}}
{{- end -}}
