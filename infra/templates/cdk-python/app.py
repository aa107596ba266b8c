from aws_cdk import App

from stack import ApplicationStack

app = App()
environment = app.node.try_get_context("env")
ApplicationStack(app, f"@{app}@-{environment}" if environment else "@{app}@")
app.synth()
