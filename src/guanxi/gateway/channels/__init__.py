"""One module per way in: what each channel's wire says, turned into service requests and back."""
