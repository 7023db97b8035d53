"""What the pods may do, how they stop, and how many of them there are."""

import pytest
from tests.deploy.chart import (
    NAMES,
    Rendered,
    container,
    environment,
    longest_stop_after_the_drain,
    of_kind,
    pods,
    rendered,
    rendered_with,
)

EVERY_POD = [(example, name) for example in NAMES for name in pods(rendered(example))]


def _pod(example: str, name: str) -> Rendered:
    return pods(rendered(example))[name]


@pytest.mark.parametrize(("example", "name"), EVERY_POD)
def test_a_pod_has_no_rights(example: str, name: str) -> None:
    pod = _pod(example, name)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(pod)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"memory"} <= container(pod)["resources"]["limits"].keys()


@pytest.mark.parametrize(("example", "name"), EVERY_POD)
def test_a_pod_writes_to_a_bounded_temporary_disk_only(example: str, name: str) -> None:
    pod = _pod(example, name)
    writable = {each["name"] for each in container(pod)["volumeMounts"] if not each.get("readOnly")}
    assert writable == {"tmp"}
    assert {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}} in pod["volumes"]


@pytest.mark.parametrize(("example", "name"), EVERY_POD)
def test_a_service_of_kubernetes_becomes_no_setting(example: str, name: str) -> None:
    """Links to a Service named tis-esr-http would set TIS_ESR_HTTP_PORT to its address."""
    assert _pod(example, name)["enableServiceLinks"] is False


@pytest.mark.parametrize(("drain", "grace"), [(25, 60), (12.5, 48), (120, 155)])
def test_a_pod_is_killed_only_after_its_work_was_released(drain: float, grace: int) -> None:
    objects = rendered_with("together", settings__TIS_ESR_DRAIN_SECONDS=drain)
    assert pods(objects)["tis-esr-all"]["terminationGracePeriodSeconds"] == grace
    assert grace >= drain + longest_stop_after_the_drain()


@pytest.mark.parametrize("example", NAMES)
def test_one_pod_of_a_deployment_is_evicted_at_a_time_and_pods_are_spread(example: str) -> None:
    objects = rendered(example)
    for name, deployment in of_kind(objects, "Deployment").items():
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        budget = of_kind(objects, "PodDisruptionBudget")[name]["spec"]
        assert budget["maxUnavailable"] == 1
        assert budget["selector"]["matchLabels"].items() <= labels.items()
        spread = deployment["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {each["topologyKey"] for each in spread} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }
        for each in spread:
            assert each["labelSelector"]["matchLabels"].items() <= labels.items()


def test_collections_and_queues_are_installed_before_processes_start() -> None:
    [job] = of_kind(rendered("together"), "Job").values()
    assert job["spec"]["activeDeadlineSeconds"] == 270, "before helm times out, after 5 minutes"
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    [secret] = of_kind(rendered("autoscaled"), "ExternalSecret").values()
    assert secret["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    weights = [int(each["metadata"]["annotations"]["helm.sh/hook-weight"]) for each in (secret, job)]
    assert weights == sorted(weights)
    assert weights[0] < weights[1]


def test_the_secret_outlives_the_object_that_created_it() -> None:
    """An upgrade creates the ExternalSecret again; pods that restart meanwhile need the Secret."""
    [secret] = of_kind(rendered("autoscaled"), "ExternalSecret").values()
    assert secret["spec"]["target"] == {"name": "tis-esr", "creationPolicy": "Orphan"}
    named = {each["secretKey"] for each in secret["spec"]["data"]}
    assert named == {"TIS_ESR_AMQP_URL", "TIS_ESR_MONGODB_URL", "TIS_ESR_TCS_TOKEN"}


def test_nobody_connects_who_is_not_named() -> None:
    [policy] = of_kind(rendered("together"), "NetworkPolicy").values()
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    [http, console] = policy["spec"]["ingress"]
    assert http["ports"] == [{"port": "http"}]
    assert console["ports"] == [{"port": "console"}]
    assert all(rule["from"] for rule in (http, console))
    [closed] = of_kind(
        rendered_with("together", networkPolicy__httpFrom=[], networkPolicy__consoleFrom=[]), "NetworkPolicy"
    ).values()
    assert "ingress" not in closed["spec"]
    assert {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]} == {
        53,
        443,
        5671,
        5672,
        27017,
    }


@pytest.mark.parametrize("example", NAMES)
def test_every_pod_is_below_the_network_policy(example: str) -> None:
    objects = rendered(example)
    [policy] = of_kind(objects, "NetworkPolicy").values()
    chosen = policy["spec"]["podSelector"]["matchLabels"].items()
    for kind in ("Deployment", "Job"):
        for each in of_kind(objects, kind).values():
            assert chosen <= each["spec"]["template"]["metadata"]["labels"].items()


def test_processes_never_shrink_to_none_and_shrink_slowly() -> None:
    objects = rendered("autoscaled")
    [scaled] = of_kind(objects, "ScaledObject").values()
    spec = scaled["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (2, 8)
    assert "idleReplicaCount" not in spec
    kept = {"failureThreshold": 5, "replicas": 2, "behavior": "currentReplicasIfHigher"}
    assert spec["fallback"] == kept, "without Prometheus, what runs goes on"
    down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
    assert down["stabilizationWindowSeconds"] >= 600
    assert down["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 600}]
    assert spec["triggers"][0]["metadata"]["ignoreNullValues"] == "false"


def test_an_upgrade_does_not_undo_the_growth() -> None:
    deployments = of_kind(rendered("autoscaled"), "Deployment")
    assert "replicas" not in deployments["tis-esr-tcs"]["spec"]
    assert deployments["tis-esr-files"]["spec"]["replicas"] == 2


def test_certificates_and_known_hosts_are_files_of_the_pods() -> None:
    pod = _pod("apart", "tis-esr-files")
    mounted = {each["mountPath"] for each in container(pod)["volumeMounts"]}
    variables = environment(pod)
    for name in ("TIS_ESR_SFTP_KNOWN_HOSTS", "TIS_ESR_SFTP_KEY_FILE", "SSL_CERT_FILE"):
        assert variables[name].rpartition("/")[0] in mounted, name
